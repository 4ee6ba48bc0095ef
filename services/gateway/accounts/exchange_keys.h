#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "accounts/exchange_credentials.h"
#include "accounts/operator_key.h"
#include "accounts/session.h"
#include "evx/core/money.h"

namespace evx::gateway {

// The account and the key of each user at the exchange.
//
// At a user's first use an Ed25519 key is made and written to <directory>/<user_name>.pem (0400),
// then the account `gateway/<user_name>` is opened by the operator's hand, the key registered and
// `deposit` paid in; <user_name>.json says so at the end. Each step is looked for before it is
// done: killed anywhere in between, or faced with an exchange that has forgotten the account, the
// next call goes on, with one account, one key and one deposit.
//
// Thread-safe; calls for one user wait for each other.
class ExchangeKeys {
 public:
  struct Options {
    std::string operator_addr;  // Host and port of OperatorService.
    std::string directory;      // <data_dir>/keys; made with mode 0700.
    Money deposit = Money::FromMicros(10'000'000'000);
    absl::Duration call_timeout = absl::Seconds(5);
  };

  // Does not call the exchange. `operator_key` must outlive it.
  static absl::StatusOr<std::unique_ptr<ExchangeKeys>> Open(Options options,
                                                            OperatorKey& operator_key);
  ~ExchangeKeys();
  ExchangeKeys(const ExchangeKeys&) = delete;
  ExchangeKeys& operator=(const ExchangeKeys&) = delete;

  // Waits for the exchange when the user has not been asked for since the start. PERMISSION_DENIED
  // for a viewer; UNAVAILABLE names the exchange.
  absl::StatusOr<ExchangeCredentials> For(const Session& session);
  // The exchange does not know the key any more: the next For looks and mends.
  void Forget(std::string_view user_name);

 private:
  struct Impl;
  explicit ExchangeKeys(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace evx::gateway
