#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "core/measure.h"
#include "doors/trader.h"
#include "evx/core/clock.h"
#include "exchange/exchange_host.h"
#include "fix/fix_door.h"
#include "rpc/grpc_door.h"

namespace evx::load {

// An exchange in this process with a journal on disk, one open market, rich traders without rate
// limits, and its gRPC and FIX doors.
class StoredVenue {
 public:
  static constexpr std::string_view kTicker = "BENCH-DOORS-A";

  explicit StoredVenue(int trader_count);
  ~StoredVenue();

  const std::vector<Trader>& traders() const { return traders_; }
  Timestamp Now() const { return clock_.Now(); }
  std::uint16_t grpc_port() const { return grpc_->port(); }
  // Of order entry without retransmission.
  std::uint16_t fix_port() const { return fix_->port(fix::SessionKind::kOrderEntry); }

 private:
  void AddMarket();
  void AddTrader(int number);

  SystemClock clock_;
  TemporaryDirectory directory_{""};
  mock_kalshi::MockKalshiConfig config_;
  std::vector<Trader> traders_;
  mock_kalshi::GrpcFeed grpc_feed_;
  mock_kalshi::FixFeed fix_feed_;
  std::unique_ptr<mock_kalshi::ExchangeHost> host_;
  std::unique_ptr<mock_kalshi::GrpcDoor> grpc_;
  std::unique_ptr<mock_kalshi::FixDoor> fix_;
};

}  // namespace evx::load
