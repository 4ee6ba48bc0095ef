#include "accounts/operator_key.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "evx/core/status.h"
#include "evx/kalshi_client/credentials.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {

absl::StatusOr<ExchangeCredentials> LoadCredentials(const std::string& path) {
  EVX_ASSIGN_OR_RETURN(kalshi_client::Credentials credentials,
                       kalshi_client::ReadCredentials(path));
  const auto pem_path = std::filesystem::path(path).parent_path() / credentials.private_key_path;
  std::ifstream file(pem_path, std::ios::binary);
  if (!file) return NotFound("file " + pem_path.string() + " cannot be read");
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  EVX_ASSIGN_OR_RETURN(kalshi::PrivateKey key, kalshi::PrivateKey::FromPem(pem));
  return ExchangeCredentials{std::move(credentials.key_id), std::move(key)};
}

absl::StatusOr<std::unique_ptr<OperatorKey>> OperatorKey::Load(std::string path) {
  EVX_ASSIGN_OR_RETURN(ExchangeCredentials credentials, LoadCredentials(path));
  return std::unique_ptr<OperatorKey>(new OperatorKey(std::move(path), std::move(credentials)));
}

OperatorKey::OperatorKey(std::string path, ExchangeCredentials credentials)
    : path_(std::move(path)),
      credentials_(std::make_shared<const ExchangeCredentials>(std::move(credentials))) {}

std::shared_ptr<const ExchangeCredentials> OperatorKey::Get() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

bool OperatorKey::ReadAgain(const ExchangeCredentials& refused) {
  const std::lock_guard lock(mutex_);
  if (credentials_->key_id != refused.key_id) return true;  // Another call was faster.
  absl::StatusOr<ExchangeCredentials> read = LoadCredentials(path_);
  if (!read.ok() || read->key_id == refused.key_id) return false;
  telemetry::Log(telemetry::kInfo, "The exchange has another operator's key.",
                 {{"key_id", read->key_id}});
  credentials_ = std::make_shared<const ExchangeCredentials>(*std::move(read));
  return true;
}

}  // namespace evx::gateway
