#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "evx/core/clock.h"
#include "evx/net/http_server.h"
#include "replay/replay_counters.h"
#include "replay/replay_hub.h"

namespace evx::order_book_rebuilder {

// The WebSocket server of a replay, at /trade-api/ws/v2 as the venue's. It shows what was public,
// so it takes every key and asks for none.
//
// Threads: the film and all connections are on the one I/O thread of the server; another one
// ("pump") gives it its turns. Thread-safe.
class ReplayDoor {
 public:
  static constexpr std::size_t kConnectionsMax = 1'000;
  static constexpr std::size_t kCommandsWaitingMax = 256;
  static constexpr absl::Duration kFlushTimeout = absl::Seconds(2);

  // What is done to the film between two turns. `now` is as the player's.
  using Command = std::function<void(ReplayHub& hub, std::int64_t now)>;

  // The recording may be empty, or not there yet: it is read when a film of it is asked for. The
  // film begins with the first subscription; a WebSocket that comes when none can be opened is
  // refused with 503. A film that shall go into topics finds Kafka at `kafka_brokers`. `clock` and
  // `counters` outlive the door.
  static absl::StatusOr<std::unique_ptr<ReplayDoor>> Start(const ReplayConfig& config,
                                                           const std::string& kafka_brokers,
                                                           const Clock& clock,
                                                           ReplayCounters& counters);
  ~ReplayDoor();

  std::uint16_t port() const { return server_->port(); }
  // Runs the command on the film's thread, in the order in which they come; one that a stop
  // overtakes is destroyed without having been run. RESOURCE_EXHAUSTED while kCommandsWaitingMax
  // wait, UNAVAILABLE from Stop on; it is destroyed at once then.
  absl::Status Post(Command command);
  // Cuts all connections. What waits for Kafka has kFlushTimeout.
  void Stop();

 private:
  ReplayDoor(ReplayHub::Options options, ReplayCounters& counters);

  void Handle(net::HttpRequest& request, net::HttpResponder responder);
  void Wake();
  void Pump();
  void Turn();

  ReplayHub hub_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Command> commands_ ABSL_GUARDED_BY(mutex_);
  bool stops_ = false;
  bool is_woken_ = false;
  bool is_turn_done_ = false;
  absl::Duration until_next_;

  std::unique_ptr<net::HttpServer> server_;
  std::thread pump_;
};

}  // namespace evx::order_book_rebuilder
