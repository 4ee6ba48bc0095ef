#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config.h"
#include "evx/core/clock.h"
#include "exchange/exchange_host.h"
#include "order_flow.h"

namespace evx::load {

// The whole exchange but for its doors: sequencer, journal, read model, snapshots.
class Host {
 public:
  // Starts (and recovers) on `directory`.
  explicit Host(const std::string& directory);
  void Populate(const Population& population);
  mock_kalshi::Sequencer& sequencer() { return host_->sequencer(); }
  mock_kalshi::ExchangeHost& exchange() { return *host_; }

 private:
  SystemClock clock_;
  mock_kalshi::MockKalshiConfig config_;
  std::unique_ptr<mock_kalshi::ExchangeHost> host_;
};

}  // namespace evx::load
