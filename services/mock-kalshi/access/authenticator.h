#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/text_map.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/signing.h"
#include "evx/venue/types.h"
#include "read_model/read_model.h"

namespace evx::mock_kalshi {

// Who is asking, once the signature has been checked.
struct Principal {
  AccountId account;
  venue::UuidText key_id;
  std::uint16_t scopes = 0;
  std::int8_t subaccount = -1;  // The only one the key may use; -1: any.
  venue::UsageTier tier = venue::UsageTier::kBasic;

  // `write` and `read` include their children.
  bool HasScope(venue::KeyScope scope) const;
};

// Checks the three access headers of a request against the keys of the read model, so a revoked key
// or a disabled account is refused from the moment its command is released. Parsed public keys are
// kept; signatures are not: every request is verified. Wall time decides the window.
// Thread-safe. Cost: one RSA or Ed25519 verification.
class Authenticator {
 public:
  struct Options {
    kalshi::AuthWindow window;
    bool check_window = true;  // Off for benchmarks with signatures made beforehand.
  };

  Authenticator(Options options, const ReadModel& read_model, const Clock& wall)
      : options_(options), read_model_(read_model), wall_(wall) {}

  struct Credentials {
    std::string_view key_id;
    std::string_view timestamp_ms;
    std::string_view signature;
  };
  struct Result {
    std::optional<Principal> principal;
    kalshi::Error error;  // Set when there is no principal.
  };

  // `method` upper case; `path` as sent, without the query.
  Result Authenticate(const Credentials& credentials, std::string_view method,
                      std::string_view path);
  // The same for another protocol's signed text, whose time the caller has checked. `signature` is
  // base64.
  Result AuthenticateText(std::string_view key_id, std::string_view text,
                          std::string_view signature);
  // False once the key is revoked or its account disabled; for what stays open.
  bool IsStillGood(const Principal& principal) const;

 private:
  struct ParsedKey {
    std::string pem;
    std::shared_ptr<const kalshi::PublicKey> key;
  };
  // Nobody for an unknown key or a disabled account.
  struct KnownKey {
    Principal principal;
    std::shared_ptr<const kalshi::PublicKey> key;  // Null: cannot be used.
  };
  std::optional<KnownKey> FindKey(std::string_view key_id);
  std::shared_ptr<const kalshi::PublicKey> Parsed(std::string_view key_id, const std::string& pem);

  static constexpr std::size_t kParsedKeyCountMax = 100'000;

  const Options options_;
  const ReadModel& read_model_;
  const Clock& wall_;
  std::shared_mutex mutex_;
  TextMap<ParsedKey> parsed_;
};

}  // namespace evx::mock_kalshi
