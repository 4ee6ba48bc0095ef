#include "access/authenticator.h"

namespace evx::mock_kalshi {

bool Principal::HasScope(venue::KeyScope scope) const {
  constexpr std::uint16_t kReadChildren =
      venue::kScopeReadBlockTradeAccept | venue::kScopeReadPortfolioBalance;
  constexpr std::uint16_t kWriteChildren = venue::kScopeWriteTrade | venue::kScopeWriteTransfer |
                                           venue::kScopeWriteFcmRisk |
                                           venue::kScopeWriteBlockTradeAccept;
  if ((scopes & scope) != 0) return true;
  if ((scope & kReadChildren) != 0) return (scopes & venue::kScopeRead) != 0;
  if ((scope & kWriteChildren) != 0) return (scopes & venue::kScopeWrite) != 0;
  return false;
}

Authenticator::Result Authenticator::Authenticate(const Credentials& credentials,
                                                  std::string_view method, std::string_view path) {
  if (credentials.signature.empty() || credentials.key_id.empty() ||
      credentials.timestamp_ms.empty()) {
    return {{}, kalshi::MakeError(kalshi::error::kSignatureMissing)};
  }
  const auto time = kalshi::ParseTimestampMs(credentials.timestamp_ms);
  if (!time ||
      (options_.check_window && !kalshi::IsWithinWindow(*time, wall_.Now(), options_.window))) {
    return {{}, kalshi::MakeError(kalshi::error::kTimestampExpired)};
  }

  const kalshi::Error unknown =
      kalshi::MakeError(kalshi::error::kAuthenticationError, kalshi::error::kDetailsUnknownKey);
  if (credentials.key_id.size() > venue::UuidText::kMaxSize) return {{}, unknown};
  Principal principal;
  std::string pem;
  const bool known = read_model_.Read([&](const ReadModel::State& state) {
    const auto key = state.keys.find(credentials.key_id);
    if (key == state.keys.end()) return false;
    const AccountState* account = state.FindAccount(key->second.account);
    if (account == nullptr || account->disabled) return false;
    principal.account = key->second.account;
    principal.scopes = key->second.scopes;
    principal.subaccount = key->second.subaccount;
    principal.tier = account->tier;
    pem = key->second.public_key_pem;
    return true;
  });
  if (!known) return {{}, unknown};
  principal.key_id = venue::UuidText(credentials.key_id);

  const auto key = Parsed(credentials.key_id, pem);
  if (key == nullptr ||
      !kalshi::VerifyRequest(*key, credentials.timestamp_ms, method, path, credentials.signature)) {
    return {{},
            kalshi::MakeError(kalshi::error::kAuthenticationError,
                              kalshi::error::kDetailsBadSignature)};
  }
  return {principal, {}};
}

std::shared_ptr<const kalshi::PublicKey> Authenticator::Parsed(std::string_view key_id,
                                                               const std::string& pem) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = parsed_.find(key_id);
    if (found != parsed_.end() && found->second.pem == pem) return found->second.key;
  }
  auto parsed = kalshi::PublicKey::FromPem(pem);
  if (!parsed.ok()) return nullptr;
  auto key = std::make_shared<const kalshi::PublicKey>(*std::move(parsed));
  const std::unique_lock lock(mutex_);
  if (parsed_.size() >= kParsedKeyCountMax) parsed_.clear();
  parsed_.insert_or_assign(std::string(key_id), ParsedKey{pem, key});
  return key;
}

}  // namespace evx::mock_kalshi
