#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "config.h"
#include "evx/core/clock.h"
#include "exchange/exchange_host.h"

namespace evx::integration {

// An exchange without doors on a directory, with small segments and frequent snapshots, so that a
// short life crosses many of both. A cursor keeps every segment: a test can replay them all.
class CrashExchange {
 public:
  static absl::StatusOr<std::unique_ptr<CrashExchange>> Start(const std::string& directory,
                                                              std::uint64_t snapshot_interval);

  mock_kalshi::ExchangeHost& host() { return *host_; }
  mock_kalshi::Sequencer& sequencer() { return host_->sequencer(); }
  // Lists the markets, opens and funds the accounts of a new exchange.
  void Populate();
  // On the sequencer thread, between two commands.
  void Inspect(const std::function<void(const venue::Exchange&)>& inspect);

 private:
  SystemClock clock_;
  mock_kalshi::MockKalshiConfig config_;
  std::unique_ptr<mock_kalshi::ExchangeHost> host_;
};

}  // namespace evx::integration
