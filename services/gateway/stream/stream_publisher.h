#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "evx/gateway/v1/gateway_messages.pb.h"

namespace evx::gateway {

// Something new of a stream (stream/stream_name.h names them).
struct StreamNews {
  std::string stream;
  // A state replaces what was known, and every subscriber gets it. A change is a message of which
  // only `payload` is set, with what the stream's fold takes (stream/stream_fold.h).
  std::variant<v1::InitialState, v1::ServerMessage> news;
};

// Where the sources of streams put their news. Thread-safe. Returns at once, unless very much waits
// for the I/O thread: then when there is room. What one thread publishes stays in order; the news
// of one call reach the subscribers together.
class StreamPublisher {
 public:
  virtual ~StreamPublisher() = default;

  virtual void Publish(std::vector<StreamNews> news) = 0;

  void SetState(std::string stream, v1::InitialState state) {
    PublishOne({std::move(stream), std::move(state)});
  }
  void Change(std::string stream, v1::ServerMessage change) {
    PublishOne({std::move(stream), std::move(change)});
  }

 private:
  void PublishOne(StreamNews news) {
    std::vector<StreamNews> all;
    all.push_back(std::move(news));
    Publish(std::move(all));
  }
};

}  // namespace evx::gateway
