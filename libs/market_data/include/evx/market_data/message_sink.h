#pragma once

#include <cstdint>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/market_data/topic.h"

namespace google::protobuf {
class MessageLite;
}

namespace evx::market_data {

// Takes what the pipeline makes.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // `sequence`: the number in the stream of its key; 0 where there is none (errors). `received`:
  // when the frame came. False, and nothing taken, when there is no room.
  virtual bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
                       const google::protobuf::MessageLite& message, Timestamp received) = 0;
};

}  // namespace evx::market_data
