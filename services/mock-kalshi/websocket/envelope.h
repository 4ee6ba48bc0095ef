#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/kalshi/websocket_commands.h"
#include "websocket/feed_batch.h"
#include "websocket/subscription.h"

// What differs by connection: the head of a feed message and the short replies.

namespace evx::mock_kalshi {

// The member `sending_ts_ms`: wall time when messages are queued, in milliseconds. Written once for
// all that are queued in the same millisecond.
class SendingTime {
 public:
  SendingTime() { Set(Timestamp()); }
  void Set(Timestamp now);
  // `,"sending_ts_ms":1781159489957`.
  std::string_view member() const { return {text_, size_}; }

 private:
  std::int64_t millis_ = -1;
  char text_[40];
  std::size_t size_ = 0;
};

// `{"type":"orderbook_delta","sid":1,"seq":2,"sending_ts_ms":1781159489957`, to be followed by a
// message's tail. Built in place: this runs for every message of every connection.
class MessageHead {
 public:
  // `sequence` 0: none. `command_id` 0: none.
  MessageHead(FeedKind kind, std::int64_t sid, std::uint64_t sequence, std::int64_t command_id,
              const SendingTime& sending_time);
  std::string_view view() const { return {text_, size_}; }

 private:
  void Append(std::string_view piece);
  void Append(std::uint64_t number);

  // The longest: a type of 29 characters, four members, four numbers of 20 digits.
  char text_[200];
  std::size_t size_ = 0;
};

// Replies, without sending_ts_ms.
std::string SubscribedReply(std::int64_t id, kalshi::Channel channel, std::int64_t sid);
std::string UnsubscribedReply(std::int64_t id, std::int64_t sid, std::uint64_t sequence);
// `names` null: without msg.
std::string OkReply(std::int64_t id, std::int64_t sid, std::uint64_t sequence, bool by_market_id,
                    const std::vector<std::string>* names);
std::string ListReply(std::int64_t id, std::span<const Subscription* const> subscriptions);
// `sid` 0: not about one subscription.
std::string ErrorReply(std::int64_t id, kalshi::WebSocketErrorCode code, std::int64_t sid,
                       std::uint64_t sequence);

}  // namespace evx::mock_kalshi
