#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "accounts/exchange_keys.h"
#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "probe.h"
#include "stream/stream_publisher.h"
#include "trading/trading_desk.h"

namespace evx::gateway {

// Everything that connects users with the exchange, put together.
class TradingPlane {
 public:
  struct Options {
    std::string exchange_addr;
    std::string operator_addr;
    // Empty: nobody gets an account, so nobody can trade.
    std::string operator_credentials_file;
    std::string key_directory;
    Money deposit = Money::FromDollars(10'000);
  };

  // Connects when it is first used. All must outlive it.
  static absl::StatusOr<std::unique_ptr<TradingPlane>> Start(const Options& options,
                                                             AuditLog& audit,
                                                             StreamPublisher& publisher,
                                                             TradingProbe& probe,
                                                             const Clock& clock);

  // Requests of the desk, and the portfolios of users.
  TradingDesk& desk() { return *desk_; }
  // As a part of the router: false: the request is not for the desk.
  bool Handle(const Session& session, const v1::ClientMessage& request, AnswerFunction& answer);

 private:
  TradingPlane() = default;

  std::shared_ptr<ExchangeLink> link_;
  std::unique_ptr<CommandAudit> audit_;
  std::unique_ptr<OperatorKey> operator_key_;      // Null when there is none.
  std::unique_ptr<ExchangeKeys> keys_;             // The same.
  std::unique_ptr<OperatorCalls> operator_calls_;  // The same.
  std::unique_ptr<TradingDesk> desk_;              // The last member: it uses the others.
};

}  // namespace evx::gateway
