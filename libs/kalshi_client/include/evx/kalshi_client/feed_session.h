#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/kalshi/websocket_frames.h"
#include "evx/kalshi_client/feed_events.h"
#include "evx/kalshi_client/feed_subscription.h"

namespace evx::kalshi_client {

struct FeedSessionOptions {
  // Of kOrderbookDelta, kTicker, kTrade, kMarketLifecycle and kMultivariateMarketLifecycle.
  std::vector<kalshi::Channel> channels = {kalshi::Channel::kOrderbookDelta,
                                           kalshi::Channel::kTicker, kalshi::Channel::kTrade,
                                           kalshi::Channel::kMarketLifecycle};
  // In one command; more are sent in several.
  std::size_t markets_per_command = 500;
  // For the answer to a command; then the connection is made again.
  absl::Duration answer_timeout = absl::Seconds(5);
  // Snapshots are asked for again this long after they were; repair_attempts_max times in all.
  absl::Duration repair_timeout = absl::Seconds(1);
  int repair_attempts_max = 3;
  // Unreadable frames in a row; then the connection is made again.
  int unreadable_frames_max = 16;
  // A server that plays recorded data is followed. Else nothing it sends is told, and the
  // connection is made again.
  bool accepts_replay = false;
};

// What a session may do to its connection.
class FeedLink {
 public:
  virtual ~FeedLink() = default;
  // False when the connection does not take it: it is ending or full.
  virtual bool Send(std::string_view command) = 0;
  // The connection shall be ended and made again: Reset follows, never within the call.
  virtual void Restart(std::string_view why) = 0;
};

// The protocol of one connection without I/O: what is subscribed, what a frame means, what is sent
// when. It outlives connections: what was subscribed before is subscribed again.
//
// Calls come from one thread. `now` is monotonic time in nanoseconds, for time limits only.
//
// Repair of a book channel: a gap puts all its markets in doubt and snapshots of them are asked for
// at once; a gap within an open gap asks at the next tick, so that a stream of gaps costs at most
// one request per tick. The stream is ordered, so any snapshot that comes after the gap proves its
// book. Markets that stay silent (the venue leaves unknown tickers out without a word) are given up
// after repair_attempts_max requests without any progress and named in OnGapEnded; where one of
// them is known to exist, the connection is made again first.
class FeedSession {
 public:
  // `carries_lifecycle`: subscribes the channels without markets too; one connection of a feed.
  // Everything that is passed by reference must outlive the session.
  FeedSession(int connection, bool carries_lifecycle, const FeedSessionOptions& options,
              const Clock& clock, FeedListener& listener, FeedLink& link);
  FeedSession(const FeedSession&) = delete;
  FeedSession& operator=(const FeedSession&) = delete;

  // Take effect at once when open, otherwise with the next connection.
  void AddMarkets(const std::vector<std::string>& tickers);
  void RemoveMarkets(const std::vector<std::string>& tickers);

  void OnOpen(std::int64_t now);
  void OnFrame(std::string_view frame);
  void OnTick(std::int64_t now);
  // The connection has gone; every gap that this makes is told.
  void Reset(const absl::Status& why);

  // Every channel has a sid: the back-off may begin anew.
  bool is_subscribed() const;
  bool has_work() const { return carries_lifecycle_ || !markets_.empty(); }

 private:
  struct ChannelState {
    explicit ChannelState(kalshi::Channel which)
        : channel(which), subscription(which == kalshi::Channel::kOrderbookDelta) {}
    bool takes_markets() const {
      return channel != kalshi::Channel::kMarketLifecycle &&
             channel != kalshi::Channel::kMultivariateMarketLifecycle;
    }

    kalshi::Channel channel;
    FeedSubscription subscription;
    std::int64_t sid = 0;         // 0: not subscribed.
    bool is_asked = false;        // A subscribe command is on its way.
    bool must_subscribe = false;  // At the next tick: the venue ended it.
    TextMap<bool> asked;          // The markets that the venue was told of.
    bool must_ask_snapshots = false;
    int repair_attempts = 0;
    std::int64_t repair_deadline = 0;  // 0: nothing is waited for.
    std::size_t awaited_before = 0;    // When it was last looked at.
  };
  struct Pending {
    std::int64_t deadline = 0;
    int answers = 1;
  };

  // One command for all of `states`, which are all with markets or all without.
  void Subscribe(const std::vector<ChannelState*>& states);
  // Tells the venue of markets that were added or removed since it was last told.
  void Reconcile(ChannelState& state);
  void Update(ChannelState& state, kalshi::SubscriptionAction action,
              const std::vector<std::string>& tickers);
  void Send(const std::string& command, std::int64_t id, int answers);
  void Restart(std::string_view why);
  void AskSnapshots(ChannelState& state);
  void TickRepair(ChannelState& state);
  void GiveUp(ChannelState& state);

  void Dispatch(const kalshi::WebSocketFrame& frame, Timestamp received);
  // Checks the number of a frame of `state`; false when the frame is to be dropped.
  bool Count(ChannelState& state, const kalshi::WebSocketFrame& frame, Timestamp received);
  // The position of an update of `channel`; nothing when it is to be dropped.
  std::optional<FeedPosition> Place(const kalshi::WebSocketFrame& frame, Timestamp received,
                                    kalshi::Channel channel);
  // The channel that lifecycle messages of this sid belong to.
  kalshi::Channel LifecycleChannelOf(std::int64_t sid);
  void OnDelta(const kalshi::WebSocketFrame& frame, const kalshi::OrderbookDelta& delta,
               Timestamp received);
  void OnSnapshot(const kalshi::WebSocketFrame& frame, const kalshi::OrderbookSnapshot& snapshot,
                  Timestamp received);
  void OnSubscribed(const kalshi::WebSocketFrame& frame, const kalshi::SubscribedReply& reply,
                    Timestamp received);
  void OnError(const kalshi::WebSocketFrame& frame, const kalshi::ErrorReply& reply,
               Timestamp received);
  void OnUnreadable(std::string_view detail, Timestamp received);
  // True when a command with this id was waited for.
  bool Answered(std::int64_t id);

  // Opens a gap, or begins an open one again, tells it and begins its repair.
  void BeginGap(ChannelState& state, FeedGap gap, bool was_open);
  void BeginGap(ChannelState& state, GapCause cause, Timestamp at);
  void TellGapEnded(const ChannelState& state, Timestamp at, std::vector<std::string> silent);
  void Fault(FeedFaultKind kind, std::int64_t sid, std::string_view detail, int code = 0);
  ChannelState* FindSid(std::int64_t sid);
  ChannelState* FindChannel(kalshi::Channel channel);

  const int connection_;
  const bool carries_lifecycle_;
  const FeedSessionOptions& options_;
  const Clock& clock_;
  FeedListener& listener_;
  FeedLink& link_;

  std::vector<ChannelState> channels_;
  TextMap<bool> markets_;  // Wanted; whether a snapshot of it ever came.
  bool is_open_ = false;
  // Set by Restart: nothing more is read or sent until Reset.
  bool is_ending_ = false;
  std::int64_t now_ = 0;  // As of the last tick.
  std::int64_t next_id_ = 1;
  std::unordered_map<std::int64_t, Pending> pending_;
  int unreadable_count_ = 0;
};

}  // namespace evx::kalshi_client
