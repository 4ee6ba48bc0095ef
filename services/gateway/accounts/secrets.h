#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Random texts, their hashes, and files that nobody else may read.

namespace evx::gateway {

// `bytes` random bytes from the kernel as 2 * `bytes` lower-case hex digits.
std::string RandomHex(std::size_t bytes);

// SHA-256 as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view text);

// Takes as long wherever the first difference is. False when the sizes differ.
bool SecretsEqual(std::string_view a, std::string_view b);

// Makes or replaces a file with mode 0400, whole or not at all, on disk when it returns. Errors
// name the path.
absl::Status WriteSecretFile(const std::string& path, std::string_view content);
// The content; NOT_FOUND names the path.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);
// Makes the directory, and those above it, where they are missing: mode 0700.
absl::Status MakeSecretDirectory(const std::string& path);

}  // namespace evx::gateway
