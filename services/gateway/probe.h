#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "accounts/accounts.h"
#include "door/door_counters.h"
#include "evx/net/http_server.h"
#include "evx/telemetry/metrics.h"
#include "rest/sign_in_counters.h"
#include "sources/source_counters.h"
#include "stream/hub_counters.h"

namespace evx::gateway {

// The metrics of commands and portfolios.
class TradingProbe {
 public:
  explicit TradingProbe(telemetry::Registry& registry);

  // `action` is one of CommandKindOf (trading/order_commands.h).
  void CommandEnded(std::string_view action, bool is_done, absl::Duration duration);
  void PortfolioReloaded() { portfolio_reloads_.Increment(); }
  void SetTraders(std::size_t count) { traders_.Set(static_cast<double>(count)); }

 private:
  struct OfAction {
    telemetry::Counter* done = nullptr;
    telemetry::Counter* refused = nullptr;
  };
  std::map<std::string, OfAction, std::less<>> commands_;
  telemetry::Histogram& command_duration_;
  telemetry::Counter& portfolio_reloads_;
  telemetry::Gauge& traders_;
};

// The metrics of the gateway; the only file that spells their names.
class Probe {
 public:
  explicit Probe(telemetry::Registry& registry) : registry_(registry) {}

  // What is counted by others, which outlive the scrapes.
  void Watch(const HubCounters& hub);
  void Watch(const DoorCounters& door);
  void Watch(const net::HttpServer& http);
  void Watch(const SourceCounters& sources);
  void Watch(const SignInCounters& sign_ins);
  void Watch(const Accounts& accounts);

 private:
  telemetry::Registry& registry_;
};

}  // namespace evx::gateway
