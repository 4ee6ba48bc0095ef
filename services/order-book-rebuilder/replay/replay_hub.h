#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "replay/replay_counters.h"
#include "replay/replay_message.h"
#include "replay/replay_player.h"

namespace evx::order_book_rebuilder {

class ReplaySession;

// Shows a film to the connections: in turns, each of which gives the frames that are due. The film
// can be replaced; the connections and their subscriptions stay.
//
// At max speed the film is as fast as its slowest client: it waits while a connection has more than
// kMaxSpeedUnsentBytes to take, until that has taken nothing for VenueSession::kSlowConsumerNanos.
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

  // `player` stands before its first frame; the film begins with the first subscription, unless a
  // button is pressed before. `counters` outlives the hub. `wake` says that a turn has something to
  // do before its time.
  ReplayHub(Options options, std::unique_ptr<ReplayPlayer> player, ReplayCounters& counters,
            std::function<void()> wake);

  // Gives what is due. How long the next turn has time; `now` is as the player's.
  absl::Duration Turn(std::int64_t now);

  // The buttons, between two turns; a turn follows at once.
  // Another film in place of this one; it plays from the next turn on, unless it is to stand. Every
  // connection gets snapshots of the books that are known at its begin.
  void Show(std::unique_ptr<ReplayPlayer> player, bool is_paused);
  void Play(std::int64_t now);
  void Pause(std::int64_t now);
  void SetSpeed(ReplaySpeed speed, std::int64_t now);
  // Every connection gets snapshots of the books as of `target`. If it plays, then on from the next
  // turn.
  absl::Status Seek(Timestamp target, std::int64_t now);

  const Options& options() const { return options_; }
  const ReplayPlayer& player() const { return *player_; }
  const ReplayCounters& counters() const { return counters_; }
  // False: it waits for the first subscription.
  bool has_begun() const { return has_begun_; }
  bool is_playing() const { return begins_ || player_->is_playing(); }

  // For the sessions.
  void Add(ReplaySession& session);
  void Remove(ReplaySession& session);
  // Somebody watches: the film begins, the first time.
  void OnSubscribed();
  void CountSent() { counters_.frames_sent.fetch_add(1, std::memory_order_relaxed); }

 private:
  // What a frame is to the sessions, once for all of them.
  void Deliver(const ReplayFrame& frame);
  bool IsHeldUp(std::int64_t now);
  // The books of the next frames do not follow from those that were shown.
  void BeginEpoch();
  void TellPosition(std::int64_t now);

  const Options options_;
  std::unique_ptr<ReplayPlayer> player_;
  ReplayCounters& counters_;
  const std::function<void()> wake_;
  std::vector<ReplaySession*> sessions_;
  std::uint64_t epoch_;
  bool has_begun_ = false;
  bool begins_ = false;  // With the next turn.
  MessageFinder finder_;
};

}  // namespace evx::order_book_rebuilder
