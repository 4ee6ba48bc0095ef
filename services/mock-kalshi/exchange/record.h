#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/fields.h"
#include "evx/core/ids.h"
#include "evx/core/inline_string.h"
#include "evx/venue/types.h"

// One entry of the exchange's journal as its followers see it.

namespace evx::mock_kalshi {

// Through which door a command came.
enum class Door : std::uint8_t { kInternal, kRest, kGrpc, kOperator, kFix };

std::string_view Name(Door door);

// Who asked, for the audit trail. Not an input of the state machine.
struct AuditMeta {
  Door door = Door::kInternal;
  venue::UuidText key_id;
  InlineString<64> remote_address;
  std::uint64_t request_id = 0;             // Unique in this process.
  std::array<std::uint8_t, 16> trace_id{};  // W3C trace id; zeros: none.
};

// Appends to `out`; at most 136 bytes.
void EncodeAuditMeta(const AuditMeta& meta, std::string& out);
absl::StatusOr<AuditMeta> DecodeAuditMeta(std::string_view bytes);

// A durable command with what it caused. The views live as long as the batch that holds them.
struct ReleasedRecord {
  SequenceNumber sequence_number;
  Timestamp time;
  std::string_view meta;     // EncodeAuditMeta.
  std::string_view command;  // venue::EncodeCommand.
  std::string_view events;   // venue::EventBuffer.
  // From the queue until durable; -1: not known (read back from the journal).
  std::int64_t latency_nanos = -1;
};

// Learns of every durable record, in order, on the release thread. Must not block.
class RecordListener {
 public:
  virtual ~RecordListener() = default;
  virtual void OnRecord(const ReleasedRecord& record) = 0;
};

}  // namespace evx::mock_kalshi
