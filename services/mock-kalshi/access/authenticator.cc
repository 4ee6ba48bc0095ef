#include "access/authenticator.h"

namespace evx::mock_kalshi {
namespace {

kalshi::Error UnknownKey() {
  return kalshi::MakeError(kalshi::error::kAuthenticationError, kalshi::error::kDetailsUnknownKey);
}

kalshi::Error BadSignature() {
  return kalshi::MakeError(kalshi::error::kAuthenticationError,
                           kalshi::error::kDetailsBadSignature);
}

}  // namespace

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

  const auto known = FindKey(credentials.key_id);
  if (!known) return {{}, UnknownKey()};
  if (known->key == nullptr || !kalshi::VerifyRequest(*known->key, credentials.timestamp_ms, method,
                                                      path, credentials.signature)) {
    return {{}, BadSignature()};
  }
  return {known->principal, {}};
}

Authenticator::Result Authenticator::AuthenticateText(std::string_view key_id,
                                                      std::string_view text,
                                                      std::string_view signature) {
  const auto known = FindKey(key_id);
  if (!known) return {{}, UnknownKey()};
  const auto raw = kalshi::DecodeBase64(signature);
  if (known->key == nullptr || !raw || !known->key->Verify(text, *raw)) {
    return {{}, BadSignature()};
  }
  return {known->principal, {}};
}

bool Authenticator::IsStillGood(const Principal& principal) const {
  return read_model_.Read([&principal](const ReadModel::State& state) {
    const auto key = state.keys.find(principal.key_id.view());
    if (key == state.keys.end() || key->second.account != principal.account) return false;
    const AccountState* account = state.FindAccount(principal.account);
    return account != nullptr && !account->disabled;
  });
}

std::optional<Authenticator::KnownKey> Authenticator::FindKey(std::string_view key_id) {
  if (key_id.size() > venue::UuidText::kMaxSize) return std::nullopt;
  KnownKey known;
  std::string pem;
  const bool is_known = read_model_.Read([&](const ReadModel::State& state) {
    const auto key = state.keys.find(key_id);
    if (key == state.keys.end()) return false;
    const AccountState* account = state.FindAccount(key->second.account);
    if (account == nullptr || account->disabled) return false;
    known.principal.account = key->second.account;
    known.principal.scopes = key->second.scopes;
    known.principal.subaccount = key->second.subaccount;
    known.principal.tier = account->tier;
    pem = key->second.public_key_pem;
    return true;
  });
  if (!is_known) return std::nullopt;
  known.principal.key_id = venue::UuidText(key_id);
  known.key = Parsed(key_id, pem);
  return known;
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
