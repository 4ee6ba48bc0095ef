#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/kalshi/websocket_commands.h"
#include "evx/kalshi/websocket_messages.h"

// The client's end of /trade-api/ws/v2: what it sends, and whole frames of the server.

namespace evx::kalshi {

// `subscribed`: one for each channel of a subscribe command.
struct SubscribedReply {
  std::string channel;
  std::int64_t sid = 0;
  // Not empty: the server plays recorded data, under this name (order-book-rebuilder). The venue
  // has no such member.
  std::string replay_id;
};
struct UnsubscribedReply {};
// `ok` to an update; the list of markets that it may carry is not read.
struct OkReply {};
struct ErrorReply {
  // A number of the venue, see WebSocketErrorCode; one that is not listed there is possible.
  int code = 0;
  std::string text;
};
// A type that is not a public channel's, or a word that this version does not know.
struct OtherBody {
  std::string type;
};
// A body of a known type that cannot be read. The envelope can: its number counts.
struct UnreadableBody {
  std::string type;
  std::string fault;
};

struct WebSocketFrame {
  std::int64_t id = 0;     // Of the command that it answers; 0: none.
  std::int64_t sid = 0;    // 0: none.
  std::uint64_t seq = 0;   // 0: not numbered.
  Timestamp sending_time;  // 0 when the venue does not tell.
  std::variant<OtherBody, UnreadableBody, OrderbookSnapshot, OrderbookDelta, TickerUpdate,
               TradeUpdate, MarketLifecycleUpdate, EventLifecycleUpdate, EventFeeUpdate,
               SubscribedReply, UnsubscribedReply, OkReply, ErrorReply>
      body;
};

// INVALID_ARGUMENT when the text is not a JSON object with a type, or when sid, seq or id are not
// what they should be: such a frame belongs to no subscription. About 0.2 us for a delta as the
// venue writes it, 1 us for one in another form.
absl::StatusOr<WebSocketFrame> DecodeWebSocketFrame(std::string_view text);

// Commands as JSON text; `id` at least 1. Markets are named by ticker; none means all of them,
// where the channel allows that. Of the ticker channel the first values are asked for.
std::string EncodeSubscribe(std::int64_t id, const std::vector<Channel>& channels,
                            const std::vector<std::string>& tickers);
std::string EncodeUpdateSubscription(std::int64_t id, Channel channel, std::int64_t sid,
                                     SubscriptionAction action,
                                     const std::vector<std::string>& tickers);

}  // namespace evx::kalshi
