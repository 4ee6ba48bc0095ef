#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "evx/feed/door_options.h"
#include "evx/net/http_server.h"
#include "feed/committed_markets.h"
#include "feed/feed_hub.h"

namespace evx::market_data {

// The WebSocket for clients at /ws/market-data of the HTTP server: from the publisher's thread to
// the I/O thread, where the hub and the sessions live.
//
// Made before the HTTP server, which has one thread, and destroyed after it.
class FeedDoor {
 public:
  static constexpr std::string_view kPath = "/ws/market-data";
  // Of what waits for the I/O thread; what is more is left out (FeedHub::Lose).
  static constexpr std::size_t kBacklogBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kCommandBytesMax = std::size_t{64} << 10;

  // References must outlive the door.
  FeedDoor(std::size_t clients_max, CommittedMarkets& markets,
           std::function<bool(std::string_view)> knows, Probe& probe);

  static net::WebSocketOptions SessionOptions() { return feed::DoorOptions(kCommandBytesMax); }
  // As soon as the server has started.
  void Attach(net::HttpServer& server);

  // On the I/O thread. Answers whatever is no WebSocket, or one too many.
  void Accept(net::HttpRequest& request, net::HttpResponder responder);
  // These messages are in Kafka for good, and `markets` has them. On the publisher's thread.
  void OnCommitted(std::shared_ptr<const FeedBatch> messages);

 private:
  class Session;

  // On the I/O thread: sends what is due, now and in later turns of the thread.
  void Turn();
  // False: there is no server, and the task is dropped.
  bool Post(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::size_t clients_max_;
  FeedHub hub_;
  std::size_t session_count_ = 0;  // Those included of which the handshake is not done.
  bool is_turn_posted_ = false;
  std::atomic<std::size_t> backlog_bytes_ = 0;
  std::atomic<bool> is_losing_ = false;

  std::mutex mutex_;
  net::HttpServer* server_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace evx::market_data
