#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "door/door_counters.h"
#include "door/io_mailbox.h"
#include "door/request_handler.h"
#include "door/session_lookup.h"
#include "door/turn_timer.h"
#include "evx/core/clock.h"
#include "evx/net/http_server.h"
#include "stream/stream_hub.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// The WebSocket /ws: from the sources' threads to the I/O thread, where the hub and the sockets
// live, and from the sockets to those who handle requests.
//
// A handshake of a page of a foreign origin, or without the cookie of a session, is refused. The
// session is looked up behind the handshake; until it is found, a few messages of the client wait.
// Who has none, or whose session ends, is closed with code 1008 and the reason.
//
// Limits of a socket, each with its outcome:
//   message longer than kMessageBytesMax              closed, 1009
//   message that is no ClientMessage                  refused, BadRequest; kFaultsMax: closed
//   kMessagesPerSecond, kMessageBurst at once         refused, TooManyRequests; kFaultsMax: closed
//   kOutstandingMax requests without an answer        the same
//     (an EmergencyStop has a bucket of its own for both)
//   kInputBytesPerSecond, kInputBurstBytes at once    closed, 1008: whatever they are, messages or
//     fragments that never become one
//   kControlsPerSecond, kControlBurst at once         the same for pings and pongs
//   kHeldBytesMax before the session is found         closed, 1008
//   kSocketsPerUserMax sockets of a user              closed, 1008
//   clients_max sockets                               503
//   8 MiB unsent, or 1 MiB for 10 s                   closed, 1013
// What refuses a command is a CommandResult with its id; what refuses anything else, a Refusal.
//
// Made before the HTTP server, which has one thread, and destroyed after it. Publish is
// thread-safe.
class SocketDoor final : public StreamPublisher {
 public:
  static constexpr std::string_view kPath = "/ws";
  static constexpr std::size_t kMessageBytesMax = std::size_t{64} << 10;
  static constexpr std::size_t kUnsentBytesMax = std::size_t{8} << 20;
  static constexpr int kMessagesPerSecond = 100;
  static constexpr int kMessageBurst = 200;
  static constexpr int kStopsPerSecond = 1;
  static constexpr int kStopBurst = 5;
  static constexpr int kInputBytesPerSecond = 128 << 10;
  static constexpr int kInputBurstBytes = 1 << 20;
  static constexpr int kControlsPerSecond = 10;
  static constexpr int kControlBurst = 100;
  static constexpr int kFaultsMax = 200;
  static constexpr int kOutstandingMax = 64;
  static constexpr std::size_t kHeldBytesMax = kMessageBytesMax;
  static constexpr int kSocketsPerUserMax = 64;
  static constexpr int kNamesMax = 100;  // Of one Subscribe or Unsubscribe.
  // News that wait for the I/O thread; who publishes more waits for room.
  static constexpr std::size_t kBacklogMax = 50'000;
  static constexpr std::size_t kNewsPerTurn = 1'000;

  struct Options {
    std::size_t clients_max = 2'000;
    std::vector<std::string> allowed_origins;
    std::string mode;
    std::string venue;
    // As of StreamHub::Options.
    std::int64_t epoch = 1;
    std::function<std::optional<bool>(std::string_view ticker)> knows;
    // A stream, not a portfolio, has got its first subscriber, or has had none for a minute. On the
    // I/O thread.
    std::function<void(const std::string& stream)> on_wanted = [](const std::string&) {};
    std::function<void(const std::string& stream)> on_unwanted = [](const std::string&) {};
  };

  // The references must outlive the door.
  SocketDoor(Options options, SessionLookup::Find find_session, RequestHandler& requests,
             PortfolioSource& portfolios, const Clock& clock, DoorCounters& counters);
  ~SocketDoor() override;

  static net::WebSocketOptions SessionOptions();
  // As soon as the server has started.
  void Attach(net::HttpServer& server);
  // Before the server ends: nothing comes from other threads any more.
  void Detach();

  // On the I/O thread. Answers whatever is no WebSocket of ours.
  void Accept(net::HttpRequest& request, net::HttpResponder responder);
  // Any thread.
  void Publish(std::vector<StreamNews> news) override;
  // Runs a task on the I/O thread; false: there is no server. Any thread.
  bool Post(std::function<void()> task) { return mailbox_->Post(std::move(task)); }
  // To be told of sessions that are over: their sockets are closed. It may be called by any thread,
  // also when the door has gone.
  std::function<void(const Session&)> SessionEndListener();

  const HubCounters& hub_counters() const { return hub_.counters(); }

 private:
  class Socket;
  using SocketId = std::uint64_t;

  // All of these on the I/O thread.
  void OnSession(SocketId id, absl::StatusOr<Session> session);
  void TakeNews();
  void Turn();
  void EndSession(const std::string& session_id);
  void Answer(SocketId id, std::int64_t request_id, v1::ServerMessage message);
  void OnUnwanted(const std::string& stream);

  const Options options_;
  RequestHandler& requests_;
  PortfolioSource& portfolios_;
  const Clock& clock_;
  DoorCounters& counters_;
  StreamHub hub_;
  const std::shared_ptr<IoMailbox> mailbox_ = std::make_shared<IoMailbox>();
  SocketId last_id_ = 0;
  absl::flat_hash_map<SocketId, Socket*> sockets_;
  absl::flat_hash_map<std::int64_t, int> sockets_of_user_;

  std::mutex mutex_;
  std::condition_variable has_room_;
  std::deque<std::vector<StreamNews>> backlog_ ABSL_GUARDED_BY(mutex_);
  std::size_t backlog_count_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_take_posted_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_detached_ ABSL_GUARDED_BY(mutex_) = false;

  TurnTimer timer_;
  SessionLookup sessions_;
};

}  // namespace evx::gateway
