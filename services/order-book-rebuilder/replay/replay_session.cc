#include "replay/replay_session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/websocket_frames.h"
#include "evx/kalshi/websocket_replies.h"

namespace evx::order_book_rebuilder {
namespace {

using kalshi::Channel;
using recording::EventKind;

// The lifecycle channels are open and say nothing: the markets of a film neither open nor close.
constexpr Channel kChannels[] = {Channel::kOrderbookDelta, Channel::kTicker, Channel::kTrade,
                                 Channel::kMarketLifecycle, Channel::kMultivariateMarketLifecycle};

bool IsLifecycle(Channel channel) {
  return channel == Channel::kMarketLifecycle || channel == Channel::kMultivariateMarketLifecycle;
}

// The recorded message with the prices of NO in dollars of YES; empty when it cannot be read.
std::string InYesPrices(std::string_view frame) {
  auto decoded = kalshi::DecodeWebSocketFrame(frame);
  if (!decoded.ok()) return {};
  if (auto* delta = std::get_if<kalshi::OrderbookDelta>(&decoded->body)) {
    if (delta->side == ContractSide::kNo) delta->price = delta->price.Complement();
    return kalshi::EncodeJson(*delta);
  }
  if (auto* snapshot = std::get_if<kalshi::OrderbookSnapshot>(&decoded->body)) {
    for (kalshi::BookLevel& level : snapshot->book.no) level.price = level.price.Complement();
    return kalshi::EncodeJson(*snapshot);
  }
  return {};
}

}  // namespace

ReplaySession::~ReplaySession() { EVX_CHECK(socket_ == nullptr); }

// ---- net::WebSocketSession

void ReplaySession::OnOpen(net::WebSocket& socket) {
  socket_ = &socket;
  hub_.Add(*this);
}

void ReplaySession::OnMessage(std::string_view message, bool is_text) {
  if (socket_ == nullptr) return;
  if (!is_text || message.size() > kCommandBytesMax) {
    ReplyError(0, Code::kUnableToProcess);
    return;
  }
  const kalshi::WebSocketCommand command = kalshi::DecodeWebSocketCommand(message);
  std::visit([&](const auto& body) { Execute(command.id, body); }, command.body);
}

void ReplaySession::OnTick() {
  if (socket_ == nullptr || !overflow_nanos_) return;
  if (socket_->unsent_bytes() == 0) {
    overflow_nanos_.reset();
  } else if (MonotonicNanos() - *overflow_nanos_ >= kSlowConsumerNanos) {
    socket_->Cut();
  }
}

void ReplaySession::OnClose() {
  if (socket_ != nullptr) hub_.Remove(*this);
  socket_ = nullptr;
}

// ---- Commands

void ReplaySession::Execute(std::int64_t id, const kalshi::RefusedCommand& command) {
  ReplyError(id, command.code);
}

void ReplaySession::Execute(std::int64_t id, const kalshi::SubscribeCommand& command) {
  for (const Channel channel : command.channels) {
    std::optional<Subscription>& slot = SlotOf(channel);
    Subscription* const subscription = slot ? &*slot : nullptr;
    if (const auto refused = CheckChannel(channel, command.markets)) {
      ReplyError(id, *refused);
    } else if (!FitsLimit(subscription, command.markets)) {
      ReplyError(id, Code::kMarketLimitExceeded, subscription);
    } else {
      Subscribe(id, channel, command);
    }
  }
}

void ReplaySession::Execute(std::int64_t id, const kalshi::UnsubscribeCommand& command) {
  for (const std::int64_t sid : command.sids) {
    Subscription* const subscription = FindSid(sid);
    if (subscription == nullptr) {
      ReplyError(id, Code::kUnknownSubscriptionId);
      continue;
    }
    const std::uint64_t seq = ++subscription->seq;
    SlotOf(subscription->channel).reset();
    Reply(kalshi::EncodeUnsubscribed(id, sid, seq));
  }
}

void ReplaySession::Execute(std::int64_t id, const kalshi::UpdateSubscriptionCommand& command) {
  Subscription* const subscription = FindSid(command.sid);
  if (subscription == nullptr) return ReplyError(id, Code::kUnknownSubscriptionId);
  const Channel channel = subscription->channel;
  const std::vector<std::string>& tickers = command.markets.tickers;
  if (command.action == kalshi::SubscriptionAction::kGetSnapshot &&
      channel != Channel::kOrderbookDelta) {
    return ReplyError(id, Code::kUnsupportedAction, subscription);
  }
  if (command.markets.empty()) return ReplyError(id, Code::kMarketTickerRequired, subscription);
  if (const auto refused = CheckChannel(channel, command.markets)) {
    return ReplyError(id, *refused, subscription);
  }
  std::vector<std::string> added;
  switch (command.action) {
    case kalshi::SubscriptionAction::kGetSnapshot: {
      const ReplayBooks& books = hub_.player().books();
      // Otherwise nothing would answer the command.
      if (std::none_of(tickers.begin(), tickers.end(),
                       [&](const std::string& ticker) { return books.Knows(ticker); })) {
        return ReplyError(id, Code::kInvalidParameter, subscription);
      }
      for (const std::string& ticker : tickers) SendSnapshot(ticker, id);
      return;
    }
    case kalshi::SubscriptionAction::kAddMarkets:
      if (!FitsLimit(subscription, command.markets)) {
        return ReplyError(id, Code::kMarketLimitExceeded, subscription);
      }
      if (subscription->every_market) return ReplyOk(id, *subscription);
      added = AddMarkets(*subscription, tickers);
      ReplyOk(id, *subscription);
      if (channel != Channel::kOrderbookDelta) return;
      for (const std::string& ticker : added) SendSnapshot(ticker, 0);
      return;
    case kalshi::SubscriptionAction::kDeleteMarkets:
      for (const std::string& ticker : tickers) subscription->markets.erase(ticker);
      ReplyOk(id, *subscription);
      return;
  }
}

void ReplaySession::Execute(std::int64_t id, const kalshi::ListSubscriptionsCommand&) {
  std::vector<kalshi::ListedSubscription> list;
  for (const auto& slot : subscriptions_) {
    if (slot) list.push_back({slot->channel, slot->sid});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.sid < b.sid; });
  Reply(kalshi::EncodeSubscriptionList(id, list));
}

// Whether a replay has the channel, and whether markets can be named like this.
std::optional<kalshi::WebSocketErrorCode> ReplaySession::CheckChannel(
    Channel channel, const kalshi::MarketSelection& markets) {
  if (std::find(std::begin(kChannels), std::end(kChannels), channel) == std::end(kChannels)) {
    return Code::kAuthenticationRequired;
  }
  if (channel == Channel::kOrderbookDelta && markets.tickers.empty()) {
    return Code::kMarketTickerRequired;
  }
  if (!markets.ids.empty()) return Code::kInvalidParameter;
  return std::nullopt;
}

bool ReplaySession::FitsLimit(const Subscription* subscription,
                              const kalshi::MarketSelection& markets) {
  if (subscription == nullptr) return markets.tickers.size() <= kSubscriptionMarketsMax;
  const auto added = std::count_if(
      markets.tickers.begin(), markets.tickers.end(),
      [&](const std::string& ticker) { return !subscription->markets.contains(ticker); });
  return subscription->markets.size() + static_cast<std::size_t>(added) <= kSubscriptionMarketsMax;
}

void ReplaySession::Subscribe(std::int64_t id, Channel channel,
                              const kalshi::SubscribeCommand& command) {
  std::optional<Subscription>& slot = SlotOf(channel);
  if (!slot) {
    slot.emplace();
    slot->sid = ++last_sid_;
    slot->channel = channel;
    slot->use_yes_price = channel == Channel::kOrderbookDelta && command.use_yes_price;
    slot->skip_ticker_ack = command.skip_ticker_ack;
  }
  if (command.markets.empty()) slot->every_market = true;
  Reply(kalshi::EncodeSubscribed(id, channel, slot->sid));
  if (!slot->every_market) {
    const std::vector<std::string> added = AddMarkets(*slot, command.markets.tickers);
    if (channel == Channel::kOrderbookDelta) {
      for (const std::string& ticker : added) SendSnapshot(ticker, 0);
    }
  }
  if (!IsLifecycle(channel)) hub_.OnSubscribed();
}

std::vector<std::string> ReplaySession::AddMarkets(Subscription& subscription,
                                                   const std::vector<std::string>& tickers) {
  std::vector<std::string> added;
  for (const std::string& ticker : tickers) {
    if (subscription.markets.emplace(ticker, false).second) added.push_back(ticker);
  }
  return added;
}

ReplaySession::Subscription* ReplaySession::FindSid(std::int64_t sid) {
  for (auto& slot : subscriptions_) {
    if (slot && slot->sid == sid) return &*slot;
  }
  return nullptr;
}

// ---- Sending

void ReplaySession::OnNewEpoch() {
  ForgetBooks();
  const std::optional<Subscription>& slot = SlotOf(Channel::kOrderbookDelta);
  if (!slot) return;
  std::vector<std::string> tickers;
  for (const auto& [ticker, has_snapshot] : slot->markets) tickers.push_back(ticker);
  std::sort(tickers.begin(), tickers.end());
  for (const std::string& ticker : tickers) SendSnapshot(ticker, 0);
}

void ReplaySession::ForgetBooks() {
  std::optional<Subscription>& slot = SlotOf(Channel::kOrderbookDelta);
  if (!slot) return;
  for (auto& [ticker, has_snapshot] : slot->markets) has_snapshot = false;
}

bool ReplaySession::HoldsUp(std::int64_t now) {
  if (socket_ == nullptr || socket_->unsent_bytes() < ReplayHub::kMaxSpeedUnsentBytes) {
    full_nanos_.reset();
    return false;
  }
  const bool has_subscription = std::any_of(subscriptions_.begin(), subscriptions_.end(),
                                            [](const auto& slot) { return slot.has_value(); });
  if (!has_subscription) return false;
  if (!full_nanos_) full_nanos_ = now;
  if (now - *full_nanos_ < kSlowConsumerNanos) return true;
  for (const Channel channel : kChannels) {
    if (SlotOf(channel)) Overflow(channel);
  }
  return false;
}

void ReplaySession::Send(const ReplayFrame& frame, std::string_view msg) {
  if (socket_ == nullptr) return;
  const EventKind kind = frame.event.kind;
  if (kind == EventKind::kSnapshot || kind == EventKind::kDelta) return SendBook(frame, msg);
  const Channel channel = kind == EventKind::kTrade ? Channel::kTrade : Channel::kTicker;
  const std::optional<Subscription>& slot = SlotOf(channel);
  if (!slot || !(slot->every_market || slot->markets.contains(frame.event.market_ticker))) return;
  ReplayEnvelope envelope;
  envelope.type = kalshi::ToWire(channel);
  envelope.recorded_sid = frame.event.sid;
  envelope.recorded_seq = frame.event.seq;
  SendData(channel, envelope, msg);
}

void ReplaySession::SendBook(const ReplayFrame& frame, std::string_view msg) {
  const Channel channel = Channel::kOrderbookDelta;
  std::optional<Subscription>& slot = SlotOf(channel);
  if (!slot) return;
  const auto found = slot->markets.find(frame.event.market_ticker);
  if (found == slot->markets.end()) return;
  const bool is_snapshot = frame.event.kind == EventKind::kSnapshot;
  if (!hub_.player().books().Knows(frame.event.market_ticker)) found->second = false;
  if (is_snapshot) found->second = hub_.player().books().Knows(frame.event.market_ticker);
  if (!found->second) return;
  ReplayEnvelope envelope;
  envelope.type = is_snapshot ? "orderbook_snapshot" : "orderbook_delta";
  envelope.recorded_sid = frame.event.sid;
  envelope.recorded_seq = frame.event.seq;
  if (!slot->use_yes_price) return SendData(channel, envelope, msg);
  const std::string converted = InYesPrices(frame.bytes);
  if (!converted.empty()) SendData(channel, envelope, converted);
}

void ReplaySession::SendSnapshot(const std::string& ticker, std::int64_t command_id) {
  const Channel channel = Channel::kOrderbookDelta;
  std::optional<Subscription>& slot = SlotOf(channel);
  const ReplayBooks& books = hub_.player().books();
  if (!slot || !books.Knows(ticker)) return;
  kalshi::OrderbookSnapshot snapshot = books.SnapshotOf(ticker);
  if (slot->use_yes_price) {
    for (kalshi::BookLevel& level : snapshot.book.no) level.price = level.price.Complement();
  }
  const auto found = slot->markets.find(ticker);
  if (found != slot->markets.end()) found->second = true;
  ReplayEnvelope envelope;
  envelope.type = "orderbook_snapshot";
  envelope.id = command_id;
  SendData(channel, envelope, kalshi::EncodeJson(snapshot));
}

void ReplaySession::SendData(Channel channel, ReplayEnvelope envelope, std::string_view msg) {
  Subscription& subscription = *SlotOf(channel);
  envelope.replay_id = hub_.options().replay_id;
  envelope.sid = subscription.sid;
  if (channel != Channel::kTicker) {
    envelope.seq = subscription.seq + 1;
    // Snapshots are never left out: they are what a client repairs itself with.
    const std::uint64_t gap_every = hub_.options().gap_every;
    if (gap_every != 0 && envelope.type != "orderbook_snapshot" &&
        ++subscription.data_count % gap_every == 0) {
      ++subscription.seq;
      return;
    }
  }
  WriteReplayHead(envelope, head_);
  std::string tail(msg);
  tail += '}';
  if (socket_->unsent_bytes() + head_.size() + tail.size() > kUnsentBytesMax ||
      !socket_->SendText(head_, tail)) {
    Overflow(channel);
    return;
  }
  hub_.CountSent();
  if (channel != Channel::kTicker) ++subscription.seq;
}

void ReplaySession::Overflow(Channel channel) {
  std::optional<Subscription>& slot = SlotOf(channel);
  ReplyError(0, Code::kBufferOverflow, &*slot);
  slot.reset();
  if (!overflow_nanos_) overflow_nanos_ = MonotonicNanos();
}

// ---- Replies

void ReplaySession::ReplyOk(std::int64_t id, Subscription& subscription) {
  const std::uint64_t seq = ++subscription.seq;
  if (subscription.skip_ticker_ack) {
    Reply(kalshi::EncodeUpdated(id, subscription.sid, seq, nullptr));
    return;
  }
  kalshi::SubscribedMarkets subscribed;
  // A subscription to every market names none.
  if (!subscription.every_market) {
    for (const auto& [ticker, has_snapshot] : subscription.markets) {
      subscribed.names.push_back(ticker);
    }
  }
  std::sort(subscribed.names.begin(), subscribed.names.end());
  Reply(kalshi::EncodeUpdated(id, subscription.sid, seq, &subscribed));
}

void ReplaySession::ReplyError(std::int64_t id, Code code, Subscription* subscription) {
  const std::int64_t sid = subscription == nullptr ? 0 : subscription->sid;
  const std::uint64_t seq = subscription == nullptr ? 0 : ++subscription->seq;
  Reply(kalshi::EncodeError(id, code, sid, seq));
}

// A client that sends commands without reading their answers has ended the conversation; its
// heartbeat or its slowness ends the connection.
void ReplaySession::Reply(std::string text) {
  MarkAsReplay(hub_.options().replay_id, text);
  if (socket_ != nullptr) static_cast<void>(socket_->SendText(text));
}

}  // namespace evx::order_book_rebuilder
