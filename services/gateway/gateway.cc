#include "gateway.h"

#include <memory>

#include "door/front_door.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "probe.h"

namespace evx::gateway {

absl::Status RunGateway(const GatewayConfig& config, service::Process& process) {
  Probe probe(process.metrics());
  EVX_ASSIGN_OR_RETURN(const auto http, ServeHttp(config, {}, process.ops(), {}));
  EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({}));
  telemetry::Log(telemetry::kInfo, "Serving browsers.", {{"http_port", http->port()}});
  process.SetReady();
  process.WaitForStop();
  http->Drain(process.drain_time_left());
  return absl::OkStatus();
}

}  // namespace evx::gateway
