#pragma once

#include <cstdint>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "evx/telemetry/metrics.h"
#include "feed/rebuilder.h"
#include "live/live_counters.h"
#include "replay/replay_counters.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {

// The metrics of the rebuilder; the only file that spells their names. Outlives the scrapes.
class Probe {
 public:
  explicit Probe(telemetry::Registry& registry);

  // What is counted by others, which outlive the scrapes.
  void Watch(telemetry::Registry& registry, const RebuiltBooks& books, const Rebuilder& rebuilder,
             const ReplayCounters& replay, const LiveCounters& live);
  RebuilderEvents events();

 private:
  static void Watch(telemetry::Registry& registry, const ReplayCounters& replay);
  static void Watch(telemetry::Registry& registry, const LiveCounters& live);
  // Summed up once for the metrics of a scrape.
  BookStatistics Totals(const RebuiltBooks& books);

  telemetry::Counter& messages_;
  telemetry::Gauge& last_message_;
  telemetry::Counter& parked_;
  telemetry::Counter& checkpoint_failures_;
  telemetry::Histogram& checkpoint_duration_;

  std::mutex mutex_;
  BookStatistics totals_ ABSL_GUARDED_BY(mutex_);
  std::int64_t totals_nanos_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace evx::order_book_rebuilder
