#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "evx/telemetry/metrics.h"
#include "exchange/exchange_host.h"
#include "exchange/record.h"
#include "exchange/sequencer.h"
#include "fix/fix_door.h"

namespace evx::mock_kalshi {

// The metrics of the exchange; the only file that spells their names. It listens to released
// records and observes the stages of every command. Updates are relaxed atomics.
class Probe final : public RecordListener {
 public:
  explicit Probe(telemetry::Registry& registry);

  // Stages of one command, as differences of monotonic times.
  void Observe(const StageTimes& stages);
  void OnRecord(const ReleasedRecord& record) override;

  // Gauges that are read at each scrape; `host` outlives the scrapes.
  void Watch(telemetry::Registry& registry, ExchangeHost& host);
  void Watch(telemetry::Registry& registry, const FixDoor& door);

 private:
  telemetry::Counter& commands_;
  telemetry::Counter& orders_accepted_;
  telemetry::Counter& orders_canceled_;
  telemetry::Counter& trades_;
  // By reject reason.
  std::array<telemetry::Counter*, 64> rejected_{};
  telemetry::Histogram& sequenced_;
  telemetry::Histogram& durable_;
  telemetry::Histogram& released_;
};

}  // namespace evx::mock_kalshi
