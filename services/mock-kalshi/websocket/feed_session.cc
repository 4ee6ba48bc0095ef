#include "websocket/feed_session.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "evx/core/check.h"
#include "evx/kalshi/websocket_replies.h"
#include "websocket/envelope.h"
#include "websocket/feed_conversions.h"

namespace evx::mock_kalshi {
namespace {

using kalshi::Channel;
using Clock = std::chrono::steady_clock;

// Further first values wait while this much waits for the client.
constexpr std::size_t kFirstValuesUnsentMax = FeedSession::kUnsentBytesMax / 2;
// Tickers looked up under one lock.
constexpr std::size_t kLookUpsPerLock = 1'024;
// Books of one answer to get_snapshot are encoded on the release thread.
constexpr std::size_t kSnapshotsPerQuestion = 32;
// A subscriber that gets nothing yet.
constexpr SequenceNumber kNotYet{std::numeric_limits<std::uint64_t>::max()};

enum class MarketFilter { kNone, kOptional, kRequired };

MarketFilter FilterOf(Channel channel) {
  switch (channel) {
    case Channel::kOrderbookDelta:
      return MarketFilter::kRequired;
    case Channel::kTicker:
    case Channel::kTrade:
    case Channel::kFill:
    case Channel::kMarketPositions:
    case Channel::kUserOrders:
      return MarketFilter::kOptional;
    case Channel::kOrderGroupUpdates:
    case Channel::kMarketLifecycle:
    case Channel::kMultivariateMarketLifecycle:
    case Channel::kCommunications:
    case Channel::kCfBenchmarksValue:
    case Channel::kCfBenchmarksValue5Hz:
    case Channel::kPythValue:
      return MarketFilter::kNone;
  }
  return MarketFilter::kNone;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

// Names count whether or not there are such markets, each once.
bool FitsOneSubscription(const kalshi::MarketSelection& markets) {
  if (markets.tickers.size() + markets.ids.size() <= FeedSession::kSubscriptionMarketsMax) {
    return true;
  }
  const absl::flat_hash_set<std::string_view> tickers(markets.tickers.begin(),
                                                      markets.tickers.end());
  const absl::flat_hash_set<std::string_view> ids(markets.ids.begin(), markets.ids.end());
  return tickers.size() + ids.size() <= FeedSession::kSubscriptionMarketsMax;
}

}  // namespace

FeedSession::FeedSession(FeedHub& hub, const Principal& principal, std::function<void()> release)
    : hub_(hub), principal_(principal), release_(std::move(release)) {}

FeedSession::~FeedSession() { EVX_CHECK(socket_ == nullptr); }

// ---- net::WebSocketSession

void FeedSession::OnOpen(net::WebSocket& socket) {
  socket_ = &socket;
  id_ = hub_.Add(*this);
  // From here on the hub tells of a revocation; one from before is seen here.
  const bool is_good = hub_.context().read_model.Read([this](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(principal_.account);
    return state.keys.contains(key_id()) && account != nullptr && !account->disabled;
  });
  if (!is_good) EndAccess();
}

void FeedSession::OnMessage(std::string_view message, bool is_text) {
  if (socket_ == nullptr) return;
  hub_.UpdateSendingTime();
  if (!is_text || message.size() > kCommandBytesMax) {
    ReplyError(0, Code::kUnableToProcess);
    return;
  }
  const kalshi::WebSocketCommand command = kalshi::DecodeWebSocketCommand(message);
  if (!IsWithinCommandRate()) {
    ReplyError(command.id, Code::kTooManyRequests);
    return;
  }
  std::visit([&](const auto& body) { Execute(command.id, body); }, command.body);
}

void FeedSession::OnTick() {
  if (socket_ == nullptr) return;
  hub_.UpdateSendingTime();
  if (overflow_time_ && socket_->unsent_bytes() == 0) overflow_time_.reset();
  if (overflow_time_ && Clock::now() - *overflow_time_ >= kSlowConsumerTime) {
    hub_.counters().slow_consumers_cut.fetch_add(1, std::memory_order_relaxed);
    socket_->Cut();
    return;
  }
  if (!held_.empty() && !hub_.context().faults.active()) SendHeld();
  for (const auto& subscription : subscriptions_) {
    if (subscription && !subscription->due.empty()) {
      hub_.QueueFirstValues(*this);
      return;
    }
  }
}

void FeedSession::OnClose() {
  if (socket_ != nullptr) {
    for (const auto& subscription : subscriptions_) {
      if (subscription) hub_.Remove(*this, *subscription);
    }
    hub_.Remove(*this, id_);
    socket_ = nullptr;
  }
  release_();
}

bool FeedSession::IsWithinCommandRate() {
  const Clock::time_point now = Clock::now();
  if (now - command_second_ >= std::chrono::seconds(1)) {
    command_second_ = now;
    commands_in_second_ = 0;
  }
  return ++commands_in_second_ <= kCommandsPerSecondMax;
}

// ---- Commands

void FeedSession::Execute(std::int64_t id, const kalshi::RefusedCommand& command) {
  ReplyError(id, command.code);
}

void FeedSession::Execute(std::int64_t id, const kalshi::SubscribeCommand& command) {
  const auto markets = Resolve(command.markets);
  const bool fits_command = FitsOneSubscription(command.markets);
  for (const Channel channel : command.channels) {
    if (const auto refused = CheckChannel(channel, command.markets)) {
      ReplyError(id, *refused);
    } else if (FilterOf(channel) == MarketFilter::kNone) {
      Subscribe(id, channel, command, {});
    } else if (!markets) {
      ReplyError(id, Code::kInvalidParameter);
    } else if (!fits_command || !FitsLimits(Find(channel), *markets)) {
      ReplyError(id, Code::kMarketLimitExceeded, Find(channel));
    } else {
      Subscribe(id, channel, command, *markets);
    }
  }
}

void FeedSession::Execute(std::int64_t id, const kalshi::UnsubscribeCommand& command) {
  for (const std::int64_t sid : command.sids) {
    Subscription* const subscription = FindSid(sid);
    if (subscription == nullptr) {
      ReplyError(id, Code::kUnknownSubscriptionId);
      continue;
    }
    const std::uint64_t sequence = ++subscription->sequence;
    Remove(*subscription);
    Reply(kalshi::EncodeUnsubscribed(id, sid, sequence));
  }
}

void FeedSession::Execute(std::int64_t id, const kalshi::UpdateSubscriptionCommand& command) {
  Subscription* const subscription = FindSid(command.sid);
  if (subscription == nullptr) {
    ReplyError(id, Code::kUnknownSubscriptionId);
    return;
  }
  const Channel channel = subscription->channel;
  const bool is_snapshot = command.action == kalshi::SubscriptionAction::kGetSnapshot;
  if (FilterOf(channel) == MarketFilter::kNone ||
      (is_snapshot && channel != Channel::kOrderbookDelta)) {
    ReplyError(id, Code::kUnsupportedAction, subscription);
    return;
  }
  if (command.markets.empty()) {
    ReplyError(id, Code::kMarketTickerRequired, subscription);
    return;
  }
  if (const auto refused = CheckChannel(channel, command.markets)) {
    ReplyError(id, *refused, subscription);
    return;
  }
  auto markets = Resolve(command.markets);
  if (!markets) {
    ReplyError(id, Code::kInvalidParameter, subscription);
    return;
  }
  switch (command.action) {
    case kalshi::SubscriptionAction::kGetSnapshot:
      // Otherwise nothing would answer the command.
      if (markets->empty()) return ReplyError(id, Code::kInvalidParameter, subscription);
      GetSnapshot(id, *subscription, *std::move(markets));
      return;
    case kalshi::SubscriptionAction::kAddMarkets:
      if (!FitsOneSubscription(command.markets) || !FitsLimits(subscription, *markets)) {
        ReplyError(id, Code::kMarketLimitExceeded, subscription);
        return;
      }
      if (!subscription->every_market) {
        AddMarkets(*subscription, *markets, command.send_initial_snapshot);
      }
      break;
    case kalshi::SubscriptionAction::kDeleteMarkets:
      if (subscription->every_market) break;  // All stay.
      for (const MarketId market : *markets) {
        if (hub_.RemoveMarket(*subscription, market)) --market_count_;
      }
      break;
  }
  ReplyOk(id, *subscription);
  if (!subscription->due.empty()) hub_.QueueFirstValues(*this);
}

void FeedSession::Execute(std::int64_t id, const kalshi::ListSubscriptionsCommand&) {
  std::vector<kalshi::ListedSubscription> list;
  for (const auto& subscription : subscriptions_) {
    if (subscription) list.push_back({subscription->channel, subscription->sid});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.sid < b.sid; });
  Reply(kalshi::EncodeSubscriptionList(id, list));
}

// Whether the key may have the channel, and whether markets can be named like this.
std::optional<kalshi::WebSocketErrorCode> FeedSession::CheckChannel(
    Channel channel, const kalshi::MarketSelection& markets) const {
  switch (channel) {
    case Channel::kOrderbookDelta:
      if (markets.tickers.empty()) return Code::kMarketTickerRequired;
      return std::nullopt;
    case Channel::kFill:
    case Channel::kMarketPositions:
    case Channel::kUserOrders:
      if (!principal_.HasScope(venue::kScopeRead)) return Code::kAuthenticationRequired;
      if (!markets.ids.empty()) return Code::kInvalidParameter;
      return std::nullopt;
    case Channel::kTrade:
      if (!markets.ids.empty()) return Code::kInvalidParameter;
      return std::nullopt;
    case Channel::kOrderGroupUpdates:
      if (!principal_.HasScope(venue::kScopeRead)) return Code::kAuthenticationRequired;
      return std::nullopt;
    case Channel::kTicker:
    case Channel::kMarketLifecycle:
    case Channel::kMultivariateMarketLifecycle:
      return std::nullopt;
    case Channel::kCommunications:
    case Channel::kCfBenchmarksValue:
    case Channel::kCfBenchmarksValue5Hz:
    case Channel::kPythValue:
      return Code::kAuthenticationRequired;
  }
  return Code::kUnknownChannel;
}

std::optional<std::vector<MarketId>> FeedSession::Resolve(
    const kalshi::MarketSelection& selection) const {
  const ExchangeContext& context = hub_.context();
  std::vector<MarketId> markets;
  for (const std::string& text : selection.ids) {
    if (!IsUuid(text)) return std::nullopt;
    const auto number = context.wire_ids.Decode(WireIdKind::kMarket, text);
    const bool is_known = number && context.read_model.Read([&](const ReadModel::State& state) {
      return *number > 0 && *number <= state.markets.size();
    });
    if (is_known) markets.push_back(MarketId(static_cast<MarketId::Value>(*number)));
  }
  const std::vector<std::string>& tickers = selection.tickers;
  for (std::size_t begin = 0; begin < tickers.size(); begin += kLookUpsPerLock) {
    const std::size_t end = std::min(tickers.size(), begin + kLookUpsPerLock);
    context.read_model.Read([&](const ReadModel::State& state) {
      for (std::size_t i = begin; i < end; ++i) {
        if (const MarketState* market = state.FindMarket(tickers[i])) {
          markets.push_back(market->market);
        }
      }
    });
  }
  return markets;
}

void FeedSession::Subscribe(std::int64_t id, Channel channel,
                            const kalshi::SubscribeCommand& command,
                            const std::vector<MarketId>& markets) {
  std::unique_ptr<Subscription>& slot = subscriptions_[static_cast<std::size_t>(channel)];
  const bool is_new = slot == nullptr;
  if (is_new) {
    slot = std::make_unique<Subscription>();
    slot->sid = ++last_sid_;
    slot->channel = channel;
    slot->every_market = command.markets.empty();
    slot->use_yes_price = channel == Channel::kOrderbookDelta && command.use_yes_price;
    slot->skip_ticker_ack = command.skip_ticker_ack;
    slot->by_market_id = !command.markets.ids.empty();
    hub_.Add(*this, *slot);
    slot->from = slot->every_from = Present();
  }
  const bool widens = FilterOf(channel) == MarketFilter::kOptional && command.markets.empty() &&
                      CoverEveryMarket(*slot);
  Reply(kalshi::EncodeSubscribed(id, channel, slot->sid));
  const bool send_first_values = channel == Channel::kOrderbookDelta ||
                                 (channel == Channel::kTicker && command.send_initial_snapshot);
  if (!slot->every_market) {
    AddMarkets(*slot, markets, send_first_values);
  } else if (send_first_values && (is_new || widens)) {
    hub_.context().read_model.Read([&](const ReadModel::State& state) {
      for (const MarketState& market : state.markets) {
        if (!slot->markets.contains(market.market)) slot->due.push_back(market.market);
      }
    });
  }
  if (!slot->due.empty()) hub_.QueueFirstValues(*this);
}

bool FeedSession::CoverEveryMarket(Subscription& subscription) {
  if (subscription.every_market) return false;
  hub_.CoverEveryMarket(*this, subscription);
  subscription.every_from = Present();
  return true;
}

SequenceNumber FeedSession::Present() const {
  return hub_.context().read_model.Read(
      [](const ReadModel::State& state) { return state.sequence_number; });
}

void FeedSession::AddMarkets(Subscription& subscription, const std::vector<MarketId>& markets,
                             bool send_first_values) {
  const bool is_book = subscription.channel == Channel::kOrderbookDelta;
  std::vector<MarketId> added;
  for (const MarketId market : markets) {
    if (!hub_.AddMarket(*this, subscription, market, kNotYet)) continue;
    ++market_count_;
    added.push_back(market);
    if (is_book || send_first_values) subscription.due.push_back(market);
  }
  if (is_book || added.empty()) return;  // A book begins with its snapshot.
  if (subscription.channel != Channel::kTicker && subscription.channel != Channel::kTrade) return;
  const SequenceNumber now = Present();
  for (const MarketId market : added) hub_.SetFrom(subscription, market, now);
}

bool FeedSession::FitsLimits(const Subscription* subscription,
                             const std::vector<MarketId>& markets) const {
  const std::size_t present = subscription == nullptr ? 0 : subscription->markets.size();
  if (present + markets.size() <= kSubscriptionMarketsMax &&
      market_count_ + markets.size() <= kConnectionMarketsMax) {
    return true;
  }
  // Those that are there already do not count twice.
  const auto added =
      static_cast<std::size_t>(std::count_if(markets.begin(), markets.end(), [&](MarketId market) {
        return subscription == nullptr || !subscription->markets.contains(market);
      }));
  return present + added <= kSubscriptionMarketsMax &&
         market_count_ + added <= kConnectionMarketsMax;
}

// The answer must stand between the deltas that it has and those that it has not: the release
// thread, where both are known, makes it.
void FeedSession::GetSnapshot(std::int64_t id, const Subscription& subscription,
                              std::vector<MarketId> markets) {
  const SnapshotTarget target{hub_.thread(), id_, subscription.sid, id, subscription.use_yes_price};
  for (std::size_t begin = 0; begin < markets.size(); begin += kSnapshotsPerQuestion) {
    const std::size_t end = std::min(markets.size(), begin + kSnapshotsPerQuestion);
    std::vector<MarketId> some(markets.begin() + static_cast<std::ptrdiff_t>(begin),
                               markets.begin() + static_cast<std::ptrdiff_t>(end));
    if (hub_.services().ask_snapshots(target, std::move(some))) continue;
    ReplyError(id, Code::kCommandTimeout, FindSid(subscription.sid));
    return;
  }
}

Subscription* FeedSession::FindSid(std::int64_t sid) {
  for (const auto& subscription : subscriptions_) {
    if (subscription && subscription->sid == sid) return subscription.get();
  }
  return nullptr;
}

void FeedSession::Remove(Subscription& subscription) {
  market_count_ -= subscription.markets.size();
  hub_.Remove(*this, subscription);
  subscriptions_[static_cast<std::size_t>(subscription.channel)].reset();
}

// ---- Sending

void FeedSession::Send(Subscription& subscription, FeedKind kind, std::string_view tail) {
  if (subscription.has_ended || socket_ == nullptr) return;
  if (MayBeFaulty()) return SendFaulty(subscription, kind, tail, 0);
  SendNow(subscription, kind, tail, 0);
}

void FeedSession::SendNow(Subscription& subscription, FeedKind kind, std::string_view tail,
                          std::int64_t command_id) {
  const MessageHead head(kind, subscription.sid,
                         IsSequenced(subscription.channel) ? subscription.sequence + 1 : 0,
                         command_id, hub_.sending_time());
  if (socket_->unsent_bytes() + tail.size() > kUnsentBytesMax ||
      !socket_->SendText(head.view(), tail)) {
    Overflow(subscription);
    return;
  }
  if (IsSequenced(subscription.channel)) ++subscription.sequence;
}

void FeedSession::SendSnapshotReply(std::int64_t sid, std::int64_t command_id,
                                    std::string_view tail) {
  Subscription* const subscription = FindSid(sid);
  if (subscription == nullptr || subscription->has_ended || socket_ == nullptr) return;
  if (MayBeFaulty()) return SendFaulty(*subscription, FeedKind::kSnapshotReply, tail, command_id);
  SendNow(*subscription, FeedKind::kSnapshotReply, tail, command_id);
}

bool FeedSession::SendFirstValues(std::size_t count) {
  if (socket_ == nullptr) return false;
  bool has_more = false;
  for (const auto& subscription : subscriptions_) {
    if (subscription == nullptr || subscription->due.empty()) continue;
    if (subscription->channel == Channel::kOrderbookDelta) {
      has_more = SendBooks(*subscription, count) || has_more;
    } else {
      has_more = SendTickers(*subscription, count) || has_more;
    }
  }
  return has_more && socket_->unsent_bytes() < kFirstValuesUnsentMax;
}

bool FeedSession::SendBooks(Subscription& subscription, std::size_t count) {
  std::vector<std::pair<MarketId, kalshi::OrderbookSnapshot>> books;
  SequenceNumber through;
  hub_.context().read_model.Read([&](const ReadModel::State& state) {
    through = state.sequence_number;
    while (books.size() < count && subscription.due_next < subscription.due.size()) {
      const MarketId market = subscription.due[subscription.due_next++];
      if (!subscription.markets.contains(market)) continue;  // Deleted since.
      books.emplace_back(market, ToSnapshot(state.At(market), hub_.context().wire_ids,
                                            subscription.use_yes_price));
    }
  });
  for (const auto& [market, book] : books) {
    std::string tail = R"(,"msg":)";
    kalshi::AppendJson(tail, book);
    tail.push_back('}');
    Send(subscription, FeedKind::kOrderbookSnapshot, tail);
    hub_.SetFrom(subscription, market, through);
  }
  if (subscription.due_next < subscription.due.size()) return true;
  subscription.due.clear();
  subscription.due_next = 0;
  return false;
}

bool FeedSession::SendTickers(Subscription& subscription, std::size_t count) {
  std::vector<kalshi::TickerUpdate> tickers;
  hub_.context().read_model.Read([&](const ReadModel::State& state) {
    while (tickers.size() < count && subscription.due_next < subscription.due.size()) {
      const MarketId market = subscription.due[subscription.due_next++];
      if (!subscription.Covers(market)) continue;
      tickers.push_back(ToTicker(state.At(market), hub_.context().wire_ids, state.time));
    }
  });
  for (const kalshi::TickerUpdate& ticker : tickers) {
    std::string tail = R"(,"msg":)";
    kalshi::AppendJson(tail, ticker);
    tail.push_back('}');
    Send(subscription, FeedKind::kTicker, tail);
  }
  if (subscription.due_next < subscription.due.size()) return true;
  subscription.due.clear();
  subscription.due_next = 0;
  return false;
}

void FeedSession::Overflow(Subscription& subscription) {
  subscription.has_ended = true;
  hub_.QueueEnded(*this);
  hub_.counters().overflows.fetch_add(1, std::memory_order_relaxed);
  if (!overflow_time_) overflow_time_ = Clock::now();
  ReplyError(0, Code::kBufferOverflow, &subscription);
}

void FeedSession::EndSubscriptions() {
  for (const auto& subscription : subscriptions_) {
    if (subscription == nullptr || subscription->has_ended) continue;
    subscription->has_ended = true;
    hub_.QueueEnded(*this);
    ReplyError(0, Code::kChannelError, subscription.get());
  }
}

void FeedSession::RemoveEnded() {
  for (const auto& subscription : subscriptions_) {
    if (subscription && subscription->has_ended) Remove(*subscription);
  }
}

void FeedSession::EndAccess() {
  if (socket_ != nullptr) {
    socket_->Close(net::WebSocketCloseCode::kPolicyViolation, "the key is not valid any more");
  }
}

// ---- Replies

void FeedSession::ReplyOk(std::int64_t id, Subscription& subscription) {
  const std::uint64_t sequence = ++subscription.sequence;
  if (subscription.skip_ticker_ack) {
    Reply(kalshi::EncodeUpdated(id, subscription.sid, sequence, nullptr));
    return;
  }
  // A subscription to every market names none.
  std::vector<MarketId> markets;
  if (!subscription.every_market) {
    for (const auto& [market, place] : subscription.markets) markets.push_back(market);
  }
  std::sort(markets.begin(), markets.end());
  kalshi::SubscribedMarkets subscribed;
  subscribed.are_ids = subscription.by_market_id;
  subscribed.names.reserve(markets.size());
  if (subscription.by_market_id) {
    for (const MarketId market : markets) {
      subscribed.names.push_back(hub_.context().wire_ids.Encode(market));
    }
  } else {
    hub_.context().read_model.Read([&](const ReadModel::State& state) {
      for (const MarketId market : markets) subscribed.names.push_back(state.At(market).ticker);
    });
  }
  Reply(kalshi::EncodeUpdated(id, subscription.sid, sequence, &subscribed));
}

void FeedSession::ReplyError(std::int64_t id, Code code, Subscription* subscription) {
  const std::int64_t sid = subscription == nullptr ? 0 : subscription->sid;
  const std::uint64_t sequence = subscription == nullptr ? 0 : ++subscription->sequence;
  Reply(kalshi::EncodeError(id, code, sid, sequence));
}

// A client that sends commands without reading their answers has ended the conversation; its
// heartbeat or its slowness ends the connection.
void FeedSession::Reply(std::string text) {
  if (socket_ == nullptr) return;
  text.pop_back();
  text.append(hub_.sending_time().member()).push_back('}');
  static_cast<void>(socket_->SendText(text));
}

}  // namespace evx::mock_kalshi
