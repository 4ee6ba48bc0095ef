#include "accounts/exchange_credentials.h"

#include <filesystem>
#include <utility>

#include "accounts/secrets.h"
#include "evx/core/status.h"
#include "evx/kalshi_client/credentials.h"

namespace evx::gateway {

absl::StatusOr<ExchangeCredentials> LoadCredentials(const std::string& path) {
  EVX_ASSIGN_OR_RETURN(kalshi_client::Credentials credentials,
                       kalshi_client::ReadCredentials(path));
  const auto pem_path = std::filesystem::path(path).parent_path() / credentials.private_key_path;
  EVX_ASSIGN_OR_RETURN(const std::string pem, ReadSecretFile(pem_path.string()));
  EVX_ASSIGN_OR_RETURN(kalshi::PrivateKey key, kalshi::PrivateKey::FromPem(pem));
  return ExchangeCredentials{std::move(credentials.key_id), std::move(key)};
}

void SignCall(grpc::ClientContext& call, const ExchangeCredentials& credentials,
              const std::string& path, const Clock& clock) {
  const kalshi::RequestSignature signature =
      kalshi::SignRequest(credentials.key, credentials.key_id, clock.Now(), "POST", path);
  call.AddMetadata("kalshi-access-key", signature.key_id);
  call.AddMetadata("kalshi-access-timestamp", signature.timestamp_ms);
  call.AddMetadata("kalshi-access-signature", signature.signature);
}

}  // namespace evx::gateway
