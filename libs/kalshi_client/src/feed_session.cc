#include "evx/kalshi_client/feed_session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"

namespace evx::kalshi_client {
namespace {

using kalshi::Channel;
using kalshi::SubscriptionAction;
using kalshi::WebSocketErrorCode;

constexpr char kBlanks[] = " \r\n\t";

// The venue's end of a subscription: it must be subscribed again.
bool EndsSubscription(int code) {
  return code == static_cast<int>(WebSocketErrorCode::kChannelError) ||
         code == static_cast<int>(WebSocketErrorCode::kBufferOverflow);
}

}  // namespace

FeedSession::FeedSession(int connection, bool carries_lifecycle, const FeedSessionOptions& options,
                         const Clock& clock, FeedListener& listener, FeedLink& link)
    : connection_(connection),
      carries_lifecycle_(carries_lifecycle),
      options_(options),
      clock_(clock),
      listener_(listener),
      link_(link) {
  for (const Channel channel : options.channels) {
    ChannelState state(channel);
    if (state.takes_markets() || carries_lifecycle) channels_.push_back(std::move(state));
  }
}

// ---- What is subscribed

void FeedSession::AddMarkets(const std::vector<std::string>& tickers) {
  for (const std::string& ticker : tickers) {
    markets_.try_emplace(ticker, false);
    for (ChannelState& state : channels_) {
      if (state.takes_markets()) state.subscription.AddMarket(ticker);
    }
  }
  if (!is_open_ || is_ending_) return;
  std::vector<ChannelState*> unsubscribed;
  for (ChannelState& state : channels_) {
    if (!state.takes_markets() || state.is_asked) continue;
    state.sid != 0 ? Reconcile(state) : unsubscribed.push_back(&state);
  }
  Subscribe(unsubscribed);
}

void FeedSession::RemoveMarkets(const std::vector<std::string>& tickers) {
  for (const std::string& ticker : tickers) {
    markets_.erase(ticker);
    for (ChannelState& state : channels_) {
      if (state.subscription.RemoveMarket(ticker)) TellGapEnded(state, clock_.Now(), {});
    }
  }
  if (!is_open_ || is_ending_) return;
  // A subscription without markets would be one to all of them.
  if (markets_.empty()) return Restart("no markets are left");
  for (ChannelState& state : channels_) {
    if (state.takes_markets() && state.sid != 0) Reconcile(state);
  }
}

void FeedSession::Subscribe(const std::vector<ChannelState*>& states) {
  if (states.empty()) return;
  std::vector<std::string> tickers;
  if (states.front()->takes_markets()) {
    if (markets_.empty()) return;
    for (const auto& [ticker, was_seen] : markets_) {
      if (tickers.size() == options_.markets_per_command) break;
      tickers.push_back(ticker);
    }
    std::sort(tickers.begin(), tickers.end());
  }
  std::vector<Channel> channels;
  for (ChannelState* state : states) {
    channels.push_back(state->channel);
    state->is_asked = true;
    state->must_subscribe = false;
    state->asked.clear();
    for (const std::string& ticker : tickers) state->asked.emplace(ticker, true);
  }
  const std::int64_t id = next_id_++;
  Send(kalshi::EncodeSubscribe(id, channels, tickers), id, static_cast<int>(channels.size()));
}

void FeedSession::Reconcile(ChannelState& state) {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  for (const auto& [ticker, was_seen] : markets_) {
    if (!state.asked.contains(ticker)) added.push_back(ticker);
  }
  for (const auto& [ticker, unused] : state.asked) {
    if (!markets_.contains(ticker)) removed.push_back(ticker);
  }
  std::sort(added.begin(), added.end());
  for (const std::string& ticker : added) state.asked.emplace(ticker, true);
  for (const std::string& ticker : removed) state.asked.erase(ticker);
  Update(state, SubscriptionAction::kAddMarkets, added);
  Update(state, SubscriptionAction::kDeleteMarkets, removed);
  if (state.subscription.awaited_count() > 0 && state.repair_deadline == 0) {
    state.repair_attempts = 1;
    state.awaited_before = state.subscription.awaited_count();
    state.repair_deadline = now_ + absl::ToInt64Nanoseconds(options_.repair_timeout);
  }
}

void FeedSession::Update(ChannelState& state, SubscriptionAction action,
                         const std::vector<std::string>& tickers) {
  for (std::size_t begin = 0; begin < tickers.size(); begin += options_.markets_per_command) {
    const std::size_t end = std::min(tickers.size(), begin + options_.markets_per_command);
    const std::vector<std::string> some(tickers.begin() + static_cast<std::ptrdiff_t>(begin),
                                        tickers.begin() + static_cast<std::ptrdiff_t>(end));
    const std::int64_t id = next_id_++;
    // Snapshots answer for themselves.
    const int answers = action == SubscriptionAction::kGetSnapshot ? 0 : 1;
    Send(kalshi::EncodeUpdateSubscription(id, state.channel, state.sid, action, some), id, answers);
  }
}

void FeedSession::Send(const std::string& command, std::int64_t id, int answers) {
  if (is_ending_) return;
  if (!link_.Send(command)) return Restart("commands are not taken");
  if (answers == 0) return;
  pending_[id] = {now_ + absl::ToInt64Nanoseconds(options_.answer_timeout), answers};
}

void FeedSession::Restart(std::string_view why) {
  if (std::exchange(is_ending_, true)) return;
  link_.Restart(why);
}

bool FeedSession::Answered(std::int64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return false;
  if (--found->second.answers == 0) pending_.erase(found);
  return true;
}

bool FeedSession::is_subscribed() const {
  return is_open_ && std::all_of(channels_.begin(), channels_.end(), [&](const ChannelState& s) {
           return s.sid != 0 || (s.takes_markets() && markets_.empty());
         });
}

// ---- The life of a connection

void FeedSession::OnOpen(std::int64_t now) {
  now_ = now;
  is_open_ = true;
  is_ending_ = false;
  listener_.OnConnected(connection_, clock_.Now());
  std::vector<ChannelState*> with_markets;
  std::vector<ChannelState*> without;
  for (ChannelState& state : channels_) {
    (state.takes_markets() ? with_markets : without).push_back(&state);
  }
  Subscribe(with_markets);
  Subscribe(without);
}

void FeedSession::OnTick(std::int64_t now) {
  now_ = now;
  if (!is_open_ || is_ending_) return;
  for (const auto& [id, pending] : pending_) {
    if (now < pending.deadline) continue;
    Fault(FeedFaultKind::kNoAnswer, 0, absl::StrCat("command ", id));
    return Restart("a command was not answered");
  }
  std::vector<ChannelState*> with_markets;
  std::vector<ChannelState*> without;
  for (ChannelState& state : channels_) {
    if (state.must_subscribe) {
      (state.takes_markets() ? with_markets : without).push_back(&state);
    } else if (state.sid != 0) {
      TickRepair(state);
    }
    if (is_ending_) return;
  }
  Subscribe(with_markets);
  Subscribe(without);
}

void FeedSession::Reset(const absl::Status& why) {
  const bool was_open = std::exchange(is_open_, false);
  is_ending_ = false;
  pending_.clear();
  unreadable_count_ = 0;
  const Timestamp now = clock_.Now();
  for (ChannelState& state : channels_) {
    FeedGap gap{.sid = state.sid, .cause = GapCause::kDisconnected, .at = now};
    const bool was_subscribed = state.sid != 0 || state.is_asked;
    state.sid = 0;
    state.is_asked = false;
    state.must_subscribe = false;
    state.must_ask_snapshots = false;
    state.repair_deadline = 0;
    state.asked.clear();
    if (was_subscribed) BeginGap(state, std::move(gap), state.subscription.is_gap_open());
  }
  if (was_open) listener_.OnDisconnected(connection_, now, why);
}

// ---- Gaps

void FeedSession::BeginGap(ChannelState& state, GapCause cause, Timestamp at) {
  BeginGap(state, {.sid = state.sid, .cause = cause, .at = at}, state.subscription.is_gap_open());
}

void FeedSession::BeginGap(ChannelState& state, FeedGap gap, bool was_open) {
  state.subscription.Doubt();
  gap.connection = connection_;
  gap.channel = state.channel;
  gap.markets = state.subscription.Awaited();
  const Timestamp at = gap.at;
  listener_.OnGapBegan(gap);
  if (state.sid == 0) return;  // The new subscription repairs it.
  if (state.subscription.awaited_count() == 0) {
    if (state.subscription.CloseGap()) TellGapEnded(state, at, {});
  } else if (was_open) {
    state.must_ask_snapshots = true;
  } else {
    state.repair_attempts = 0;
    AskSnapshots(state);
  }
}

void FeedSession::AskSnapshots(ChannelState& state) {
  state.must_ask_snapshots = false;
  ++state.repair_attempts;
  state.awaited_before = state.subscription.awaited_count();
  state.repair_deadline = now_ + absl::ToInt64Nanoseconds(options_.repair_timeout);
  Update(state, SubscriptionAction::kGetSnapshot, state.subscription.Awaited());
}

void FeedSession::TickRepair(ChannelState& state) {
  const std::size_t awaited = state.subscription.awaited_count();
  if (awaited == 0) {
    state.repair_deadline = 0;
    state.must_ask_snapshots = false;
    return;
  }
  if (state.must_ask_snapshots) {
    state.repair_attempts = 0;
    return AskSnapshots(state);
  }
  if (now_ < state.repair_deadline) return;
  if (awaited < state.awaited_before) {  // They are coming.
    state.awaited_before = awaited;
    state.repair_deadline = now_ + absl::ToInt64Nanoseconds(options_.repair_timeout);
    return;
  }
  if (state.repair_attempts < options_.repair_attempts_max) return AskSnapshots(state);
  GiveUp(state);
}

void FeedSession::GiveUp(ChannelState& state) {
  bool was_any_seen = false;
  for (const std::string& ticker : state.subscription.Awaited()) {
    const auto found = markets_.find(ticker);
    if (found != markets_.end()) was_any_seen |= std::exchange(found->second, false);
  }
  if (was_any_seen) return Restart("snapshots do not come");
  state.repair_deadline = 0;
  TellGapEnded(state, clock_.Now(), state.subscription.GiveUp());
}

void FeedSession::TellGapEnded(const ChannelState& state, Timestamp at,
                               std::vector<std::string> silent) {
  FeedGap gap{.connection = connection_, .channel = state.channel, .sid = state.sid, .at = at};
  gap.markets = std::move(silent);
  listener_.OnGapEnded(gap);
}

void FeedSession::Fault(FeedFaultKind kind, std::int64_t sid, std::string_view detail, int code) {
  listener_.OnFault({connection_, kind, sid, code, detail});
}

// ---- Frames

void FeedSession::OnFrame(std::string_view frame) {
  const Timestamp received = clock_.Now();
  listener_.OnFrame(connection_, received, frame);
  if (is_ending_ || frame.find_first_not_of(kBlanks) == std::string_view::npos) return;
  const absl::StatusOr<kalshi::WebSocketFrame> decoded = kalshi::DecodeWebSocketFrame(frame);
  if (!decoded.ok()) return OnUnreadable(MessageOf(decoded.status()), received);
  Dispatch(*decoded, received);
}

void FeedSession::Dispatch(const kalshi::WebSocketFrame& frame, Timestamp received) {
  if (!std::holds_alternative<kalshi::UnreadableBody>(frame.body)) unreadable_count_ = 0;
  if (const auto* delta = std::get_if<kalshi::OrderbookDelta>(&frame.body)) {
    OnDelta(frame, *delta, received);
  } else if (const auto* ticker = std::get_if<kalshi::TickerUpdate>(&frame.body)) {
    const auto position = Place(frame, received, Channel::kTicker);
    if (position) listener_.OnTicker(*position, *ticker);
  } else if (const auto* trade = std::get_if<kalshi::TradeUpdate>(&frame.body)) {
    const auto position = Place(frame, received, Channel::kTrade);
    if (position) listener_.OnTrade(*position, *trade);
  } else if (const auto* snapshot = std::get_if<kalshi::OrderbookSnapshot>(&frame.body)) {
    OnSnapshot(frame, *snapshot, received);
  } else if (const auto* market = std::get_if<kalshi::MarketLifecycleUpdate>(&frame.body)) {
    const auto position = Place(frame, received, LifecycleChannelOf(frame.sid));
    if (position) listener_.OnMarketLifecycle(*position, *market);
  } else if (const auto* event = std::get_if<kalshi::EventLifecycleUpdate>(&frame.body)) {
    const auto position = Place(frame, received, LifecycleChannelOf(frame.sid));
    if (position) listener_.OnEventLifecycle(*position, *event);
  } else if (const auto* fee = std::get_if<kalshi::EventFeeUpdate>(&frame.body)) {
    const auto position = Place(frame, received, LifecycleChannelOf(frame.sid));
    if (position) listener_.OnEventFee(*position, *fee);
  } else if (const auto* subscribed = std::get_if<kalshi::SubscribedReply>(&frame.body)) {
    OnSubscribed(frame, *subscribed, received);
  } else if (const auto* error = std::get_if<kalshi::ErrorReply>(&frame.body)) {
    OnError(frame, *error, received);
  } else if (const auto* other = std::get_if<kalshi::OtherBody>(&frame.body)) {
    Fault(FeedFaultKind::kUnknownType, frame.sid, other->type);
    if (ChannelState* state = FindSid(frame.sid)) Count(*state, frame, received);
  } else if (const auto* unreadable = std::get_if<kalshi::UnreadableBody>(&frame.body)) {
    ChannelState* state = FindSid(frame.sid);
    if (state == nullptr) return OnUnreadable(unreadable->fault, received);
    Fault(FeedFaultKind::kUnreadable, frame.sid, unreadable->fault);
    if (Count(*state, frame, received)) BeginGap(*state, GapCause::kUnreadable, received);
  } else {  // ok, unsubscribed
    Answered(frame.id);
    if (ChannelState* state = FindSid(frame.sid)) Count(*state, frame, received);
  }
}

bool FeedSession::Count(ChannelState& state, const kalshi::WebSocketFrame& frame,
                        Timestamp received) {
  const bool was_open = state.subscription.is_gap_open();
  const std::uint64_t expected = state.subscription.last_seq() + 1;
  switch (state.subscription.OnSequence(frame.seq)) {
    case FeedSubscription::Check::kInOrder:
      return true;
    case FeedSubscription::Check::kDuplicate:
      Fault(FeedFaultKind::kDuplicate, frame.sid, absl::StrCat("seq ", frame.seq));
      return false;
    case FeedSubscription::Check::kGap:
      BeginGap(state,
               {.sid = state.sid,
                .cause = GapCause::kSequence,
                .expected_seq = expected,
                .received_seq = frame.seq,
                .at = received},
               was_open);
      return !is_ending_;
  }
  return false;
}

std::optional<FeedPosition> FeedSession::Place(const kalshi::WebSocketFrame& frame,
                                               Timestamp received, Channel channel) {
  ChannelState* const state = FindSid(frame.sid);
  if (state == nullptr) {
    Fault(FeedFaultKind::kUnknownSid, frame.sid, kalshi::ToWire(channel));
    return std::nullopt;
  }
  if (!Count(*state, frame, received)) return std::nullopt;
  if (state->channel != channel) {
    Fault(FeedFaultKind::kWrongChannel, frame.sid, kalshi::ToWire(channel));
    BeginGap(*state, GapCause::kUnreadable, received);
    return std::nullopt;
  }
  if (frame.seq == 0 && channel == Channel::kOrderbookDelta) {
    Fault(FeedFaultKind::kUnreadable, frame.sid, "a message of a book without seq");
    BeginGap(*state, GapCause::kUnreadable, received);
    return std::nullopt;
  }
  return FeedPosition{connection_, frame.sid, frame.seq, received, frame.sending_time, false};
}

Channel FeedSession::LifecycleChannelOf(std::int64_t sid) {
  const ChannelState* const state = FindSid(sid);
  const bool is_multivariate =
      state != nullptr && state->channel == Channel::kMultivariateMarketLifecycle;
  return is_multivariate ? Channel::kMultivariateMarketLifecycle : Channel::kMarketLifecycle;
}

void FeedSession::OnDelta(const kalshi::WebSocketFrame& frame, const kalshi::OrderbookDelta& delta,
                          Timestamp received) {
  std::optional<FeedPosition> position = Place(frame, received, Channel::kOrderbookDelta);
  if (!position) return;
  position->is_in_doubt = FindSid(frame.sid)->subscription.IsInDoubt(delta.market_ticker);
  listener_.OnDelta(*position, delta);
}

void FeedSession::OnSnapshot(const kalshi::WebSocketFrame& frame,
                             const kalshi::OrderbookSnapshot& snapshot, Timestamp received) {
  const std::optional<FeedPosition> position = Place(frame, received, Channel::kOrderbookDelta);
  if (!position) return;
  ChannelState& state = *FindSid(frame.sid);
  const auto market = markets_.find(snapshot.market_ticker);
  if (market != markets_.end()) market->second = true;
  const bool ends_gap = state.subscription.OnSnapshot(snapshot.market_ticker);
  listener_.OnSnapshot(*position, snapshot);
  if (ends_gap) TellGapEnded(state, received, {});
}

void FeedSession::OnSubscribed(const kalshi::WebSocketFrame& frame,
                               const kalshi::SubscribedReply& reply, Timestamp received) {
  const auto channel = kalshi::FromWire<Channel>(reply.channel);
  ChannelState* const state = channel ? FindChannel(*channel) : nullptr;
  if (state == nullptr || !state->is_asked || FindSid(reply.sid) != nullptr) {
    Fault(FeedFaultKind::kUnknownSid, reply.sid, "subscribed to what was not asked for");
    return;
  }
  if (!reply.replay_id.empty()) {
    if (!options_.accepts_replay) {
      Fault(FeedFaultKind::kReplay, reply.sid, reply.replay_id);
      return Restart("the server plays a replay");
    }
    listener_.OnReplay(reply.replay_id);
  }
  Answered(frame.id);
  state->is_asked = false;
  state->sid = reply.sid;
  state->subscription.Restart();
  if (!state->takes_markets()) {
    if (state->subscription.CloseGap()) TellGapEnded(*state, received, {});
    return;
  }
  if (state->subscription.awaited_count() == 0 && state->subscription.CloseGap()) {
    TellGapEnded(*state, received, {});
  }
  Reconcile(*state);
}

void FeedSession::OnError(const kalshi::WebSocketFrame& frame, const kalshi::ErrorReply& reply,
                          Timestamp received) {
  Fault(FeedFaultKind::kRefused, frame.sid, reply.text, reply.code);
  ChannelState* const state = FindSid(frame.sid);
  if (state != nullptr && EndsSubscription(reply.code)) {
    Answered(frame.id);
    FeedGap gap{.sid = state->sid, .cause = GapCause::kEnded, .at = received};
    state->sid = 0;
    state->must_subscribe = true;
    state->must_ask_snapshots = false;
    state->repair_deadline = 0;
    return BeginGap(*state, std::move(gap), state->subscription.is_gap_open());
  }
  if (state != nullptr) Count(*state, frame, received);
  // A refused request for snapshots is made again by the repair.
  if (Answered(frame.id)) Restart("a command was refused");
}

void FeedSession::OnUnreadable(std::string_view detail, Timestamp received) {
  Fault(FeedFaultKind::kUnreadable, 0, detail);
  if (++unreadable_count_ >= options_.unreadable_frames_max) {
    return Restart("the frames cannot be read");
  }
  // Whose it was is unknown; the numbers of the others tell when something is missing, those of
  // books perhaps too late.
  for (ChannelState& state : channels_) {
    if (state.channel == Channel::kOrderbookDelta && state.sid != 0) {
      BeginGap(state, GapCause::kUnreadable, received);
    }
  }
}

FeedSession::ChannelState* FeedSession::FindSid(std::int64_t sid) {
  if (sid == 0) return nullptr;
  for (ChannelState& state : channels_) {
    if (state.sid == sid) return &state;
  }
  return nullptr;
}

FeedSession::ChannelState* FeedSession::FindChannel(Channel channel) {
  for (ChannelState& state : channels_) {
    if (state.channel == channel) return &state;
  }
  return nullptr;
}

}  // namespace evx::kalshi_client
