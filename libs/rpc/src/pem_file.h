#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::rpc {

// The content of a PEM file. The message names the file.
inline absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) {
    return InvalidArgument(absl::StrFormat("cannot read the PEM file %s", path));
  }
  return content.str();
}

}  // namespace evx::rpc
