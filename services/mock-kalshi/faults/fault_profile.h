#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// What an exchange does wrong on purpose, and the draws that decide when. Pure: the same profile,
// connection and message give the same fault on every machine and in every run.
//
// A draw is keyed by (seed, connection ordinal, message ordinal, kind of fault). Connections are
// numbered from 0 as they appear, messages from 0 on each connection, both since the profile was
// set; so a client that opens its connections and sends its messages in the same order meets the
// same faults, however long it thinks in between.

namespace evx::mock_kalshi {

// Doors that can misbehave.
enum class FaultDoor : std::uint8_t { kRest, kGrpc, kWebSocket, kFix };
inline constexpr std::int32_t kFaultDoorCount = 4;
// "rest", "grpc", "websocket", "fix".
std::string_view Name(FaultDoor door);
std::optional<FaultDoor> FaultDoorOf(std::string_view name);

enum class FaultKind : std::uint8_t {
  kDelay,                // A request or message is held back.
  kTooManyRequests,      // 429, RESOURCE_EXHAUSTED; not executed.
  kUnavailable,          // 5xx, UNAVAILABLE; not executed.
  kUnavailableExecuted,  // The same answer, but executed.
  kDisconnect,           // The connection ends; not executed, not sent.
  kDisconnectExecuted,   // The connection ends without an answer, but executed.
  kDrop,                 // A frame is not sent; its number is used up.
  kDuplicate,            // A frame is sent twice.
  kSequenceSkip,         // A number is left out; no frame is lost.
  kSequenceRepeat,       // A frame has the number of the one before it.
  kJitter,               // Not a fault: keys the draw of a delay's length.
};
// Those that the log and the metrics name: all but kJitter.
inline constexpr std::int32_t kFaultKindCount = 10;
// "too_many_requests" and so on.
std::string_view Name(FaultKind kind);

// Probabilities in millionths.
struct FaultProfile {
  static constexpr std::int64_t kRateMax = 1'000'000;
  static constexpr absl::Duration kDelayMax = absl::Seconds(60);

  std::int64_t seed = 0;  // From 0.

  // Every request and every frame: held for latency, and for up to jitter more, uniformly.
  absl::Duration latency;
  absl::Duration jitter;
  // Answers of requests: held once they are known.
  absl::Duration answer_latency;

  // REST, gRPC and what FIX clients send. When several come up for one request, the first in this
  // order applies.
  std::int64_t disconnect_rate = 0;  // WebSocket too.
  std::int64_t disconnect_executed_rate = 0;
  std::int64_t too_many_requests_rate = 0;
  std::int64_t unavailable_rate = 0;
  std::int64_t unavailable_executed_rate = 0;
  std::int32_t unavailable_status = 503;  // 500, 502, 503 or 504, at the REST door.
  bool writes_only = false;               // Reads pass, and are not counted as messages.

  // WebSocket frames, and messages that FIX clients are sent; the same rule, after disconnect_rate.
  std::int64_t drop_rate = 0;
  std::int64_t duplicate_rate = 0;
  std::int64_t sequence_skip_rate = 0;
  std::int64_t sequence_repeat_rate = 0;

  // Only messages with these ordinals can be faulty or late, both included.
  std::int64_t from_message = 0;
  std::int64_t to_message = INT64_MAX;
  // Ordinal of the first connection, and of the first message on it: the profile goes on where an
  // earlier one, or an earlier process, ended.
  std::int64_t first_connection = 0;
  std::int64_t first_message = 0;

  friend bool operator==(const FaultProfile&, const FaultProfile&) = default;
};

// The first member that is out of bounds: "latency_ms 70000 is outside 0 to 60000". Empty: none is.
std::string FindFaultOf(const FaultProfile& profile);

// Which message of which connection.
struct FaultOrdinals {
  std::int64_t connection = 0;
  std::int64_t message = 0;
};

// 64 uniform bits.
std::uint64_t Draw(std::int64_t seed, FaultOrdinals at, FaultKind kind);

// What becomes of a request. At most one of the five kinds for requests; the delays come besides.
struct RequestFault {
  absl::Duration hold;         // Before the exchange sees it.
  absl::Duration answer_hold;  // Before its answer leaves.
  std::optional<FaultKind> kind;
  std::int32_t status = 503;  // Of kUnavailable and kUnavailableExecuted.

  bool any() const {
    return kind.has_value() || hold > absl::ZeroDuration() || answer_hold > absl::ZeroDuration();
  }
  // The exchange does not see the request.
  bool refuses() const {
    return kind == FaultKind::kDisconnect || kind == FaultKind::kTooManyRequests ||
           kind == FaultKind::kUnavailable;
  }
  // It does, and its answer is spoiled.
  bool spoils_answer() const {
    return kind == FaultKind::kDisconnectExecuted || kind == FaultKind::kUnavailableExecuted;
  }
};
RequestFault DrawRequestFault(const FaultProfile& profile, FaultOrdinals at);

// What becomes of a frame that a WebSocket is about to send, or a message of a FIX session. At most
// one kind. FIX has delays and disconnects only for what its clients send.
struct FrameFault {
  absl::Duration hold;  // Frames of a connection keep their order: later ones wait too.
  std::optional<FaultKind> kind;
};
FrameFault DrawFrameFault(const FaultProfile& profile, FaultOrdinals at,
                          FaultDoor door = FaultDoor::kWebSocket);

}  // namespace evx::mock_kalshi
