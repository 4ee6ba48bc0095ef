#pragma once

#include "evx/telemetry/metrics.h"
#include "recorded_player.h"

namespace evx::flow {

// The metrics of flow; the only file that spells their names.
class Probe {
 public:
  explicit Probe(telemetry::Registry& registry);

  void Replayed(const ReplaySummary& summary);
  void SyntheticCommandSent() { synthetic_commands_.Increment(); }
  void SyntheticMarkets(std::size_t count) { synthetic_markets_.Set(static_cast<double>(count)); }

 private:
  telemetry::Counter& replays_;
  telemetry::Counter& replay_commands_;
  telemetry::Counter& book_checks_;
  telemetry::Counter& book_checks_unequal_;
  telemetry::Counter& replays_disturbed_;
  telemetry::Gauge& replay_lag_;
  telemetry::Counter& synthetic_commands_;
  telemetry::Gauge& synthetic_markets_;
};

}  // namespace evx::flow
