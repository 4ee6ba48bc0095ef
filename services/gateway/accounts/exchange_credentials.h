#pragma once

#include <grpcpp/client_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/kalshi/signing.h"

namespace evx::gateway {

// What calls to the exchange are signed with.
struct ExchangeCredentials {
  std::string key_id;
  kalshi::PrivateKey key;
};

// Of a credentials file as mock-kalshi writes it (key_id, private_key_path).
absl::StatusOr<ExchangeCredentials> LoadCredentials(const std::string& path);

// Adds the access metadata for "/package.Service/Method" to a call.
void SignCall(grpc::ClientContext& call, const ExchangeCredentials& credentials,
              const std::string& path, const Clock& clock);

}  // namespace evx::gateway
