#include "evx/market_data/held_messages.h"

#include <utility>

#include "google/protobuf/message_lite.h"

namespace evx::market_data {

bool HeldMessages::Publish(Topic topic, std::string_view key, std::int64_t /*sequence*/,
                           const google::protobuf::MessageLite& message, Timestamp received) {
  if (topic == Topic::kErrors) return true;  // Everyone's own; not worth keeping.
  messages_.push_back({topic, key, message.SerializeAsString(), received});
  byte_count_ += messages_.back().payload.size();
  while (!messages_.empty() &&
         (byte_count_ > byte_count_max_ || received - messages_.front().received > age_max_)) {
    byte_count_ -= messages_.front().payload.size();
    on_drop_(messages_.front());
    messages_.pop_front();
  }
  return true;
}

void HeldMessages::PutFirst(Message message) {
  if (byte_count_ + message.payload.size() > byte_count_max_) return;
  byte_count_ += message.payload.size();
  messages_.push_front(std::move(message));
}

void HeldMessages::Clear() {
  messages_.clear();
  byte_count_ = 0;
}

}  // namespace evx::market_data
