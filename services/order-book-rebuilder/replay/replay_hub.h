#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "replay/replay_message.h"
#include "replay/replay_player.h"

namespace evx::order_book_rebuilder {

class ReplaySession;

// Shows a film to the connections: in turns, each of which gives the frames that are due.
//
// At max speed the film is as fast as its slowest client: it waits while a connection has more than
// kMaxSpeedUnsentBytes to take, until that has taken nothing for ReplaySession::kSlowConsumerTime.
// At any other speed it waits for nobody.
//
// Everything happens on one thread, that of the connections.
class ReplayHub {
 public:
  // Frames of one turn, after which commands of clients are heard.
  static constexpr std::size_t kFramesPerTurn = 2'048;
  static constexpr std::size_t kMaxSpeedUnsentBytes = std::size_t{1} << 20;

  struct Options {
    std::string replay_id;  // Letters, digits and dashes.
    // Every so many-th delta and trade of a subscription is left out, its number too; 0: none is.
    std::uint64_t gap_every = 0;
  };

  // `player` outlives the hub. `wake` says that a turn has something to do before its time.
  ReplayHub(Options options, ReplayPlayer& player, std::function<void()> wake);

  // Gives what is due. How long the next turn has time; `now` is as the player's.
  absl::Duration Turn(std::int64_t now);

  const Options& options() const { return options_; }
  ReplayPlayer& player() { return player_; }

  // For the sessions.
  void Add(ReplaySession& session) { sessions_.push_back(&session); }
  void Remove(ReplaySession& session) { std::erase(sessions_, &session); }
  // Somebody watches: the film begins, the first time.
  void OnSubscribed();

 private:
  // What a frame is to the sessions, once for all of them.
  void Deliver(const ReplayFrame& frame);
  bool IsHeldUp(std::int64_t now);

  const Options options_;
  ReplayPlayer& player_;
  const std::function<void()> wake_;
  std::vector<ReplaySession*> sessions_;
  std::uint64_t epoch_;
  bool has_begun_ = false;
  bool begins_ = false;  // With the next turn.
  MessageFinder finder_;
};

}  // namespace evx::order_book_rebuilder
