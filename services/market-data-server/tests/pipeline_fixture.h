#pragma once

#include "evx/market_data/testing/pipeline_fixture.h"
#include "evx/telemetry/metrics.h"
#include "probe.h"

namespace evx::market_data {

struct OwnedRegistry {
  telemetry::Registry registry;
};
// The server's probe with a registry of its own.
struct OwnedProbe : OwnedRegistry, Probe {
  OwnedProbe() : Probe(registry) {}
};

// A pipeline as the server has it.
struct PipelineFixture : testing::PipelineFixture<OwnedProbe> {
  using testing::PipelineFixture<OwnedProbe>::PipelineFixture;
  telemetry::Registry& registry = probe.registry;
};

}  // namespace evx::market_data
