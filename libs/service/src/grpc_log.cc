#include "grpc_log.h"

#include <grpc/support/log.h>

#include "evx/telemetry/log.h"

namespace evx::service {
namespace {

void WriteGrpcLine(gpr_log_func_args* line) {
  // Never destroyed: gRPC's threads may log while the process exits.
  static auto* const limit = new telemetry::LogRateLimit();
  telemetry::LogLimited(
      *limit, line->severity == GPR_LOG_SEVERITY_ERROR ? telemetry::kWarning : telemetry::kDebug,
      "gRPC reports.", {{"text", line->message}, {"place", line->file}});
}

}  // namespace

void SendGrpcLogToOurs() { gpr_set_log_function(WriteGrpcLine); }

}  // namespace evx::service
