#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace evx::kalshi_client {

// What an account signs with, as `scripts/up` and mock-kalshi write it: a JSON file with key_id and
// private_key_path; other members are ignored.
struct Credentials {
  std::string key_id;
  std::string private_key_path;
};

// NOT_FOUND when the file cannot be read, INVALID_ARGUMENT when a member is missing; both name it.
absl::StatusOr<Credentials> ReadCredentials(const std::string& path);

}  // namespace evx::kalshi_client
