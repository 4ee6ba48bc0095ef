#include "probe.h"

namespace evx::gateway {

Probe::Probe(telemetry::Registry& registry)
    : clients_(registry.AddGauge("evx_gateway_clients", "WebSockets that are open.")) {}

}  // namespace evx::gateway
