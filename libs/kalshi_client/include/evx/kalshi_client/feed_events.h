#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "evx/core/clock.h"
#include "evx/kalshi/websocket_frames.h"

// What a feed tells its owner.

namespace evx::kalshi_client {

// Where an update stood in the stream.
struct FeedPosition {
  int connection = 0;      // From 0; stays the same when the connection is made again.
  std::int64_t sid = 0;    // The venue's, of this connection.
  std::uint64_t seq = 0;   // 0 where the channel is not numbered (ticker).
  Timestamp received;      // By the feed's clock.
  Timestamp sending_time;  // The venue's; 0 when it does not tell.
  // A delta of a market whose book is not proven: since a gap began, or since the market was added,
  // its snapshot has not come. To be dropped by whoever keeps books.
  bool is_in_doubt = false;
};

enum class GapCause : std::uint8_t {
  kSequence,      // A number was left out, or went back.
  kUnreadable,    // A frame of the subscription could not be read.
  kEnded,         // The venue ended the subscription (errors 10 and 25).
  kDisconnected,  // The connection was lost.
};

// A time in which updates of one channel of one connection were, or may have been, missed.
struct FeedGap {
  int connection = 0;
  kalshi::Channel channel = kalshi::Channel::kOrderbookDelta;
  std::int64_t sid = 0;
  GapCause cause = GapCause::kSequence;
  std::uint64_t expected_seq = 0;  // kSequence only.
  std::uint64_t received_seq = 0;  // kSequence only.
  Timestamp at;
  // Began: the markets whose books are in doubt (orderbook_delta only).
  // Ended: those that stayed without a snapshot although it was asked for; the others are proven.
  std::vector<std::string> markets;
};

enum class FeedFaultKind : std::uint8_t {
  kUnreadable,    // Not JSON, no envelope, or a body that is not what its type says.
  kUnknownType,   // A well-formed message of a type that is not read here.
  kUnknownSid,    // An update of a subscription that this connection does not have.
  kWrongChannel,  // An update under the sid of another channel.
  kDuplicate,     // The number of the message before; dropped.
  kRefused,       // The venue answered with an error; `code` is its number.
  kNoAnswer,      // A command was not answered in time; the connection is made again.
  kReplay,        // The server plays recorded data, which is not wanted; it is asked again.
};
inline constexpr std::size_t kFeedFaultKindCount = 8;
// "unreadable" for kUnreadable, "unknown_type" for kUnknownType and so on.
std::string_view ToString(FeedFaultKind kind);

// Something that should not happen and is dealt with. Fit for counting and for evx.errors.v1.
struct FeedFault {
  int connection = 0;
  FeedFaultKind kind = FeedFaultKind::kUnreadable;
  std::int64_t sid = 0;
  int code = 0;
  std::string_view detail;  // Valid during the call.
};

// The owner of a feed. All calls are made on the feed's one thread and must not block; arguments
// are valid during the call. Updates of one connection come in the order of the wire.
class FeedListener {
 public:
  virtual ~FeedListener() = default;

  // Every frame as it came, before what it means; for recorders.
  virtual void OnFrame(int /*connection*/, Timestamp /*received*/, std::string_view /*frame*/) {}

  virtual void OnSnapshot(const FeedPosition& position, const kalshi::OrderbookSnapshot&) = 0;
  virtual void OnDelta(const FeedPosition& position, const kalshi::OrderbookDelta&) = 0;
  virtual void OnTicker(const FeedPosition& position, const kalshi::TickerUpdate&) = 0;
  virtual void OnTrade(const FeedPosition& position, const kalshi::TradeUpdate&) = 0;
  virtual void OnMarketLifecycle(const FeedPosition&, const kalshi::MarketLifecycleUpdate&) {}
  virtual void OnEventLifecycle(const FeedPosition&, const kalshi::EventLifecycleUpdate&) {}
  virtual void OnEventFee(const FeedPosition&, const kalshi::EventFeeUpdate&) {}

  // Before the first update of a subscription: what it tells is recorded data, played under this
  // name. With FeedSessionOptions::accepts_replay only.
  virtual void OnReplay(std::string_view /*replay_id*/) {}

  virtual void OnConnected(int /*connection*/, Timestamp /*at*/) {}
  virtual void OnDisconnected(int /*connection*/, Timestamp /*at*/, const absl::Status& /*why*/) {}
  // A gap that is open may begin again with a later cause; one end closes them all. Channels whose
  // past the venue does not tell again (trade, lifecycle) lose what was in the gap: it ends at
  // once, or, after a disconnection, with the new subscription.
  virtual void OnGapBegan(const FeedGap&) = 0;
  // Also told without a beginning, when markets that were added stay without a first snapshot.
  virtual void OnGapEnded(const FeedGap&) = 0;
  virtual void OnFault(const FeedFault&) {}
};

}  // namespace evx::kalshi_client
