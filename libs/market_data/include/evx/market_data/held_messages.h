#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/market_data/message_sink.h"

namespace evx::market_data {

// What a standby would have published, in order, the newest of it: if the leader dies, this begins
// before the leader's last message. Numbers in it mean nothing. Never full: the oldest ones go. Not
// thread-safe.
class HeldMessages final : public MessageSink {
 public:
  struct Message {
    Topic topic = Topic::kBook;
    std::string_view key;  // The caller's, who keeps it.
    std::string payload;
    Timestamp received;
  };

  // `on_drop` is told of each that goes.
  HeldMessages(std::size_t byte_count_max, absl::Duration age_max,
               std::function<void(const Message&)> on_drop)
      : byte_count_max_(byte_count_max), age_max_(age_max), on_drop_(std::move(on_drop)) {}

  bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
               const google::protobuf::MessageLite& message, Timestamp received) override;

  // In front of all others; whoever gives several begins with the last.
  void PutFirst(Message message);

  const std::deque<Message>& messages() const { return messages_; }
  void Clear();

 private:
  const std::size_t byte_count_max_;
  const absl::Duration age_max_;
  const std::function<void(const Message&)> on_drop_;
  std::deque<Message> messages_;
  std::size_t byte_count_ = 0;  // Of payloads.
};

}  // namespace evx::market_data
