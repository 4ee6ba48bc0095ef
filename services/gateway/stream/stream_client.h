#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "evx/feed/send_gate.h"
#include "stream/frame.h"

namespace evx::gateway {

class Stream;

// Where the frames of one client go; implemented by the door.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // False: there is no room, nothing was sent.
  virtual bool Send(const Frame& frame) = 0;
  virtual std::size_t unsent_bytes() const = 0;
  // The client is too slow; it is not to be sent anything more.
  virtual void Cut(std::string_view reason) = 0;
};

// What StreamHub knows of one client.
struct StreamClient {
  explicit StreamClient(StreamSink& given_sink) : sink(given_sink) {}

  StreamSink& sink;
  feed::SendGate gate;
  bool is_cut = false;
  absl::flat_hash_set<Stream*> streams;
  // Those of them whose state it is to be sent before any further change.
  absl::flat_hash_set<Stream*> waiting;
};

}  // namespace evx::gateway
