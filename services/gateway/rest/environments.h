#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace evx::gateway {

// A stack that people may go to instead of this one. Each has its own gateway, users and sessions:
// going there is going to its address.
struct Environment {
  std::string name;   // a-z, 0-9 and -, a letter first; at most 32 characters.
  std::string label;  // For people: 1 to 64 bytes of UTF-8 without control characters.
  std::string url;    // Of its page: http:// or https://, a host, and at most a path.
  std::string mode;   // "paper" or "live", as --mode of its gateway.
};

inline constexpr std::size_t kEnvironmentCountMax = 32;
inline constexpr std::size_t kEnvironmentsBytesMax = 64 * 1024;

// Reads {"environments": [{"name": "...", "label": "...", "url": "...", "mode": "paper"}, ...]}.
// `current` is the name of this stack, which must be one of them and of the mode `mode`. What is
// wrong is told with its place, value and limit.
absl::StatusOr<std::vector<Environment>> ParseEnvironments(std::string_view text,
                                                           std::string_view current,
                                                           std::string_view mode);

// The same of a file, whose name is put before what is wrong. Without a file there are none, and
// then `current` must be empty too.
absl::StatusOr<std::vector<Environment>> ReadEnvironments(const std::string& file,
                                                          std::string_view current,
                                                          std::string_view mode);

}  // namespace evx::gateway
