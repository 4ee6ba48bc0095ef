#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "evx/kalshi/signing.h"

namespace evx::kalshi_client {

// INVALID_ARGUMENT names the file.
absl::StatusOr<kalshi::PrivateKey> ReadKeyFile(const std::string& file);

}  // namespace evx::kalshi_client
