#pragma once

#include "absl/status/status.h"
#include "config.h"
#include "evx/service/process.h"

namespace evx::gateway {

// The body of the process, from its parts to its drain.
absl::Status RunGateway(const GatewayConfig& config, service::Process& process);

}  // namespace evx::gateway
