#include "exchange/command_log.h"

#include "evx/telemetry/log.h"
#include "evx/telemetry/trace_context.h"
#include "evx/venue/codec.h"

namespace evx::mock_kalshi {

void CommandLog::OnRecord(const ReleasedRecord& record) {
  if (!telemetry::LogEnabled(telemetry::kDebug)) return;
  const auto meta = DecodeAuditMeta(record.meta);
  const auto command = venue::DecodeCommand(record.command);
  if (!meta.ok() || !command.ok() || meta->door == Door::kInternal) return;
  const telemetry::ScopedLogTrace trace{telemetry::TraceId(meta->trace_id)};
  telemetry::Log(telemetry::kDebug, "Command is durable.",
                 {{"sequence_number", record.sequence_number.value()},
                  {"door", Name(meta->door)},
                  {"key_id", meta->key_id.view()},
                  {"remote_address", meta->remote_address.view()},
                  {"request_id", meta->request_id},
                  {"command", venue::ToText(*command)}});
}

}  // namespace evx::mock_kalshi
