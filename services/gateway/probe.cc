#include "probe.h"

namespace evx::gateway {

Probe::Probe(telemetry::Registry& registry)
    : clients_(registry.AddGauge("evx_gateway_clients", "WebSockets that are open.")) {}

TradingProbe::TradingProbe(telemetry::Registry& registry)
    : command_duration_(
          registry.AddHistogram("evx_gateway_command_duration_seconds",
                                "From a command's arrival to its answer, of those that were done.",
                                telemetry::LatencyBounds())),
      portfolio_reloads_(registry.AddCounter(
          "evx_gateway_portfolio_reloads_total",
          "Accounts read anew because the exchange did not remember where their events stopped.")),
      traders_(
          registry.AddGauge("evx_gateway_traders", "Users with a connection to the exchange.")) {
  constexpr const char* kName = "evx_gateway_commands_total";
  constexpr const char* kHelp = "Commands of users, by what they were and whether they were done.";
  for (const char* action :
       {"CreateOrder", "AmendOrder", "CancelOrders", "EmergencyStop", "LiquidateAll",
        "ServiceCommand", "StrategyOverride", "ToggleTts", "AiQuery"}) {
    commands_[action] = {
        &registry.AddCounter(kName, kHelp, {{"action", action}, {"outcome", "done"}}),
        &registry.AddCounter(kName, kHelp, {{"action", action}, {"outcome", "refused"}})};
  }
}

void TradingProbe::CommandEnded(std::string_view action, bool is_done, absl::Duration duration) {
  const auto found = commands_.find(action);
  if (found == commands_.end()) return;
  (is_done ? found->second.done : found->second.refused)->Increment();
  if (is_done) command_duration_.Observe(duration);
}

}  // namespace evx::gateway
