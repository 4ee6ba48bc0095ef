#pragma once

#include "absl/time/time.h"
#include "evx/telemetry/metrics.h"

namespace evx::market_maker {

// The metrics of the market maker; the only file that spells their names.
class Probe {
 public:
  explicit Probe(telemetry::Registry& registry);

  void QuotesPlaced(std::uint64_t count) { quotes_.Increment(count); }
  void QuoteFailed() { quote_failures_.Increment(); }
  void FillSeen();
  // How far the market moved against the fill, in dollars a contract (negative: in its favor).
  void Marked(int horizon_index, double against);
  void MarketsQuoted(double count) { markets_.Set(count); }

 private:
  telemetry::Counter& quotes_;
  telemetry::Counter& quote_failures_;
  telemetry::Counter& fills_;
  telemetry::Gauge& fill_ratio_;
  telemetry::Gauge& markets_;
  telemetry::Histogram* adverse_selection_[3];
};

}  // namespace evx::market_maker
