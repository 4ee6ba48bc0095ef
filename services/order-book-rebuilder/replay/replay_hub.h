#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/recording/extent.h"
#include "replay/replay_counters.h"
#include "replay/replay_message.h"
#include "replay/replay_player.h"
#include "replay/replay_topics.h"

namespace evx::order_book_rebuilder {

class ReplaySession;

// Shows a film to the connections, and gives it to the topics of replays where that is asked for:
// in turns, each of which gives the frames that are due. The film can be replaced; the connections
// and their subscriptions stay. There is none before the first is asked for, so that the recording
// may come later than the hub; a connection is taken only when there is one.
//
// At max speed the film is as fast as its slowest client: it waits while a connection has more than
// kMaxSpeedUnsentBytes to take, until that has taken nothing for VenueSession::kSlowConsumerNanos.
// At any other speed it waits for none of them. For Kafka it waits at every speed, so a film into
// topics loses nothing. When Kafka refuses a message for good, the film stands, and goes into
// topics no more.
//
// Everything happens on one thread, that of the connections.
class ReplayHub {
 public:
  // Frames of one turn, after which commands of clients are heard.
  static constexpr std::size_t kFramesPerTurn = 2'048;
  static constexpr std::size_t kMaxSpeedUnsentBytes = std::size_t{1} << 20;
  // Between two looks at what there is to play.
  static constexpr absl::Duration kLookInterval = absl::Seconds(1);

  struct Options {
    std::string replay_id;  // Letters, digits and dashes.
    // Every so many-th delta and trade of a subscription is left out, its number too; 0: none is.
    std::uint64_t gap_every = 0;
    // Called once, by the first film that goes into topics.
    std::function<absl::StatusOr<std::unique_ptr<ReplayTopics>>()> open_topics = {};
    // The first film, and the recording of all.
    ReplayRange range = {};
    ReplaySpeed speed = {};
  };

  // `player` stands before its first frame, or is null: the first film is opened when it is needed.
  // It begins with the first subscription, unless a button is pressed before. `counters` outlives
  // the hub. `wake` says that a turn has something to do before its time.
  ReplayHub(Options options, std::unique_ptr<ReplayPlayer> player, ReplayCounters& counters,
            std::function<void()> wake);

  // Gives what is due. How long the next turn has time; `now` is as the player's.
  absl::Duration Turn(std::int64_t now);

  // Opens the first film as of now unless there is one; needed before all buttons but Show. As
  // ReplayPlayer::Open.
  absl::Status NeedFilm(std::int64_t now);
  bool has_film() const { return player_ != nullptr; }
  // What there is to play at present, or why nothing; looked at again after kLookInterval. As
  // RecordingObserver::Look.
  const absl::StatusOr<recording::RecordingExtent>& Recorded(std::int64_t now);

  // The buttons, between two turns; a turn follows at once.
  struct Showing {
    bool is_paused = false;
    bool into_topics = false;
  };
  // Another film in place of this one; it plays from the next turn on, unless it is to stand. Every
  // connection, and the topics it goes into, get snapshots of the books that are known at its
  // begin. FAILED_PRECONDITION when it shall go into topics and nothing can: the film stays then.
  absl::Status Show(std::unique_ptr<ReplayPlayer> player, Showing showing);
  void Play(std::int64_t now);
  void Pause(std::int64_t now);
  void SetSpeed(ReplaySpeed speed, std::int64_t now);
  // Every connection gets snapshots of the books as of `target`. If it plays, then on from the next
  // turn.
  absl::Status Seek(Timestamp target, std::int64_t now);

  const Options& options() const { return options_; }
  // There is a film.
  const ReplayPlayer& player() const { return *player_; }
  const ReplayCounters& counters() const { return counters_; }
  bool goes_into_topics() const { return into_topics_; }
  // Null before the first film that went into them.
  const ReplayTopics* topics() const { return topics_.get(); }
  // What waits for Kafka, as far as it goes in that time; an error when that is not all.
  absl::Status FlushTopics(absl::Duration timeout);
  // False: it waits for the first subscription.
  bool has_begun() const { return has_begun_; }
  bool is_playing() const { return begins_ || (has_film() && player_->is_playing()); }

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
  // Until the next frame, or until acknowledgements are looked for.
  absl::Duration TimeToNextTurn(std::int64_t now) const;
  void TurnTopics(std::int64_t now);
  // The books of the next frames do not follow from those that were shown.
  void BeginEpoch();
  void TellPosition(std::int64_t now);

  const Options options_;
  std::unique_ptr<ReplayPlayer> player_;  // Null before the first film.
  recording::RecordingObserver observer_;
  absl::StatusOr<recording::RecordingExtent> recorded_;
  std::optional<std::int64_t> next_look_;
  ReplayCounters& counters_;
  const std::function<void()> wake_;
  std::vector<ReplaySession*> sessions_;
  std::unique_ptr<ReplayTopics> topics_;
  bool into_topics_ = false;        // This film.
  bool has_topics_failed_ = false;  // It was told.
  std::uint64_t epoch_ = 0;
  bool has_begun_ = false;
  bool begins_ = false;  // With the next turn.
  MessageFinder finder_;
};

}  // namespace evx::order_book_rebuilder
