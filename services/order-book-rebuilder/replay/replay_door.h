#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "evx/core/clock.h"
#include "evx/net/http_server.h"
#include "replay/replay_hub.h"
#include "replay/replay_player.h"

namespace evx::order_book_rebuilder {

// The WebSocket server of a replay, at /trade-api/ws/v2 as the venue's. It shows what was public,
// so it takes every key and asks for none.
//
// Threads: the film and all connections are on the one I/O thread of the server; another one
// ("pump") gives it its turns.
class ReplayDoor {
 public:
  static constexpr std::size_t kConnectionsMax = 1'000;

  // NOT_FOUND when there is nothing to play. The film begins with the first subscription.
  static absl::StatusOr<std::unique_ptr<ReplayDoor>> Start(const ReplayConfig& config,
                                                           const Clock& clock);
  ~ReplayDoor();

  std::uint16_t port() const { return server_->port(); }
  // Cuts all connections.
  void Stop();

 private:
  ReplayDoor(ReplayHub::Options options, std::unique_ptr<ReplayPlayer> player);

  void Handle(net::HttpRequest& request, net::HttpResponder responder);
  void Wake();
  void Pump();

  const std::unique_ptr<ReplayPlayer> player_;
  ReplayHub hub_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stops_ = false;
  bool is_woken_ = false;
  bool is_turn_done_ = false;
  absl::Duration until_next_;

  std::unique_ptr<net::HttpServer> server_;
  std::thread pump_;
};

}  // namespace evx::order_book_rebuilder
