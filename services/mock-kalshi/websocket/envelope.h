#pragma once

#include <cstdint>
#include <string_view>

#include "evx/core/clock.h"
#include "websocket/feed_batch.h"

// What differs by connection: the head of a feed message.

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

}  // namespace evx::mock_kalshi
