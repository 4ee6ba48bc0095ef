#pragma once

#include "absl/time/time.h"
#include "evx/rpc/server_options.h"
#include "evx/service/ops_server.h"
#include "evx/service/options.h"
#include "evx/service/process.h"
#include "evx/telemetry/log.h"

namespace evx::service {

// The options of every service; which of them depends on what the service serves.
struct ChassisConfig {
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;
  absl::Duration drain_timeout = absl::Seconds(10);
  OpsServerOptions ops;
  rpc::ServerOptions grpc;

  void Declare(const ServiceInfo& info, Options& options);
};

}  // namespace evx::service
