#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Texts of options: names, files, and what must not be shown.

namespace evx::service {

// Lower-case letters, digits and underscores, a letter first.
bool IsOptionName(std::string_view name);

// "http_port" -> "EVX_HTTP_PORT".
std::string VariableOf(std::string_view name);

// Least number of inserted, removed or changed characters that turn one into the other.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The name nearest to `name`, or empty when none is near enough to be meant.
std::string NearestName(std::string_view name, const std::vector<std::string>& names);

// Whether a text holds a password: `scheme://user:password@host` or `password=...`.
bool HoldsPassword(std::string_view text);

// One assignment of a configuration file.
struct FileLine {
  std::size_t number = 0;  // from 1
  std::string name;
  std::string value;
  std::string fault;  // empty when the line is well-formed
};

// Splits the text of a configuration file; lines without an assignment are left out.
std::vector<FileLine> ParseConfigText(std::string_view text);

// The content of a file of at most `bytes_max`. The message names path and cause.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, std::size_t bytes_max);

}  // namespace evx::service
