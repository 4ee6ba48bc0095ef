#pragma once

#include "evx/telemetry/metrics.h"

namespace evx::gateway {

// The metrics of the gateway; the only file that spells their names. Outlives the scrapes.
class Probe {
 public:
  explicit Probe(telemetry::Registry& registry);

  void SetClients(double count) { clients_.Set(count); }

 private:
  telemetry::Gauge& clients_;
};

}  // namespace evx::gateway
