#include "probe.h"

namespace evx::flow {

Probe::Probe(telemetry::Registry& registry)
    : replays_(registry.AddCounter("evx_flow_replays_total", "Recorded sessions replayed.")),
      replay_commands_(registry.AddCounter("evx_flow_replay_commands_total",
                                           "Order commands of finished replays.")),
      book_checks_(registry.AddCounter("evx_flow_book_checks_total",
                                       "Comparisons of our book with the recorded one.")),
      book_checks_unequal_(registry.AddCounter("evx_flow_book_checks_unequal_total",
                                               "Comparisons that found a difference.")),
      replays_disturbed_(registry.AddCounter("evx_flow_replays_disturbed_total",
                                             "Replays in whose market somebody else traded.")),
      replay_lag_(registry.AddGauge("evx_flow_replay_lag_max_seconds",
                                    "How far the last replay fell behind its schedule.")),
      synthetic_commands_(registry.AddCounter("evx_flow_synthetic_commands_total",
                                              "Order commands of synthetic agents.")),
      synthetic_markets_(registry.AddGauge("evx_flow_synthetic_markets",
                                           "Markets in which synthetic agents trade.")) {}

void Probe::Replayed(const ReplaySummary& summary) {
  replays_.Increment();
  replay_commands_.Increment(static_cast<std::uint64_t>(summary.command_count));
  book_checks_.Increment(static_cast<std::uint64_t>(summary.checks.check_count));
  book_checks_unequal_.Increment(static_cast<std::uint64_t>(summary.checks.unequal_count));
  if (summary.checks.disturbed_at) replays_disturbed_.Increment();
  replay_lag_.Set(absl::ToDoubleSeconds(summary.lag_max));
}

}  // namespace evx::flow
