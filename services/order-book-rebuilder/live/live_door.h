#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "evx/feed/door_options.h"
#include "evx/net/http_server.h"
#include "live/book_feed.h"
#include "live/live_counters.h"
#include "live/live_hub.h"

namespace evx::order_book_rebuilder {

// The WebSockets of the present books on the HTTP server: /ws/orderbook (OrderbookSession) and, in
// the venue's form, /trade-api/ws/v2 (LiveVenueSession); and the hub of the gRPC streams.
//
// Threads: each I/O thread of the server has a hub of its own, for the connections that it has; the
// first one's serves gRPC too. Batches come from the applying thread.
//
// Made before the HTTP server and destroyed after it; Stop comes before the server is drained.
class LiveDoor {
 public:
  static constexpr std::string_view kPath = "/ws/orderbook";
  static constexpr std::size_t kConnectionsMax = 1'000;
  // Of what waits for one I/O thread; when there is more, states are told instead.
  static constexpr std::int64_t kBacklogEventsMax = 200'000;
  static constexpr std::size_t kCommandBytesMax = std::size_t{1} << 20;

  // `books` outlives the door.
  LiveDoor(const RebuiltBooks& books, int thread_count);

  BookFeed& feed() { return feed_; }
  const LiveCounters& counters() const { return counters_; }

  static net::WebSocketOptions SessionOptions() { return feed::DoorOptions(kCommandBytesMax); }
  // As soon as the server has started.
  void Attach(net::HttpServer& server);

  static bool Takes(std::string_view path);
  // On an I/O thread, for a path that it takes. Answers whatever is no WebSocket, or one too many.
  void Accept(net::HttpRequest& request, net::HttpResponder responder);

  // Runs the task with the first hub on its thread, then tells what is due. False, and the task is
  // destroyed, before Attach and from Stop on. What was accepted runs before Stop returns.
  bool Post(std::function<void(LiveHub&)> task) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the streams of gRPC. Not on an I/O thread.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // What one I/O thread has.
  struct Desk {
    Desk(const RebuiltBooks& books, BookFeed& feed, LiveCounters& counters)
        : hub(books, feed, counters) {}
    LiveHub hub;
    bool is_turn_posted = false;
    std::atomic<std::int64_t> backlog = 0;
    std::atomic<bool> is_losing = false;
  };

  void Publish(const std::shared_ptr<const FeedBatch>& batch);
  // On the desk's thread: tells what is due, now and in later turns of the thread.
  void Turn(int index);
  bool PostToDesk(int index, std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);

  const RebuiltBooks& books_;
  LiveCounters counters_;
  BookFeed feed_;
  std::vector<std::unique_ptr<Desk>> desks_;
  // One for each connection, those included of which the handshake is not done.
  const std::shared_ptr<const int> places_ = std::make_shared<const int>();

  std::mutex mutex_;
  net::HttpServer* server_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace evx::order_book_rebuilder
