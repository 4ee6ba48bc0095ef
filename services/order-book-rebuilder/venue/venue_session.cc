#include "venue/venue_session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/kalshi/websocket_replies.h"

namespace evx::order_book_rebuilder {

using kalshi::Channel;

VenueSession::~VenueSession() { EVX_CHECK(socket_ == nullptr); }

bool VenueSession::has_subscription() const {
  return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [](const auto& slot) { return slot.has_value(); });
}

// ---- net::WebSocketSession

void VenueSession::OnOpen(net::WebSocket& socket) { socket_ = &socket; }

void VenueSession::OnMessage(std::string_view message, bool is_text) {
  if (socket_ == nullptr) return;
  if (!is_text || message.size() > kCommandBytesMax) {
    ReplyError(0, Code::kUnableToProcess);
    return;
  }
  const kalshi::WebSocketCommand command = kalshi::DecodeWebSocketCommand(message);
  std::visit([&](const auto& body) { Execute(command.id, body); }, command.body);
}

void VenueSession::OnTick() {
  if (socket_ == nullptr || !overflow_nanos_) return;
  if (socket_->unsent_bytes() == 0) {
    overflow_nanos_.reset();
  } else if (MonotonicNanos() - *overflow_nanos_ >= kSlowConsumerNanos) {
    socket_->Cut();
  }
}

void VenueSession::OnClose() { socket_ = nullptr; }

// ---- Commands

void VenueSession::Execute(std::int64_t id, const kalshi::RefusedCommand& command) {
  ReplyError(id, command.code);
}

void VenueSession::Execute(std::int64_t id, const kalshi::SubscribeCommand& command) {
  for (const Channel channel : command.channels) {
    std::optional<Subscription>& slot = SlotOf(channel);
    Subscription* const subscription = slot ? &*slot : nullptr;
    if (const auto refused = Check(channel, command.markets)) {
      ReplyError(id, *refused);
    } else if (!FitsLimit(subscription, command.markets)) {
      ReplyError(id, Code::kMarketLimitExceeded, subscription);
    } else {
      Subscribe(id, channel, command);
    }
  }
}

void VenueSession::Execute(std::int64_t id, const kalshi::UnsubscribeCommand& command) {
  for (const std::int64_t sid : command.sids) {
    Subscription* const subscription = FindSid(sid);
    if (subscription == nullptr) {
      ReplyError(id, Code::kUnknownSubscriptionId);
      continue;
    }
    const std::uint64_t seq = ++subscription->seq;
    HideBooks(*subscription);
    SlotOf(subscription->channel).reset();
    Reply(kalshi::EncodeUnsubscribed(id, sid, seq));
  }
}

void VenueSession::Execute(std::int64_t id, const kalshi::UpdateSubscriptionCommand& command) {
  Subscription* const subscription = FindSid(command.sid);
  if (subscription == nullptr) return ReplyError(id, Code::kUnknownSubscriptionId);
  const Channel channel = subscription->channel;
  const std::vector<std::string>& tickers = command.markets.tickers;
  if (command.action == kalshi::SubscriptionAction::kGetSnapshot &&
      channel != Channel::kOrderbookDelta) {
    return ReplyError(id, Code::kUnsupportedAction, subscription);
  }
  if (command.markets.empty()) return ReplyError(id, Code::kMarketTickerRequired, subscription);
  if (const auto refused = Check(channel, command.markets)) {
    return ReplyError(id, *refused, subscription);
  }
  std::vector<std::string> added;
  switch (command.action) {
    case kalshi::SubscriptionAction::kGetSnapshot:
      return GetSnapshots(id, *subscription, tickers);
    case kalshi::SubscriptionAction::kAddMarkets:
      if (!FitsLimit(subscription, command.markets)) {
        return ReplyError(id, Code::kMarketLimitExceeded, subscription);
      }
      if (subscription->every_market) return ReplyOk(id, *subscription);
      added = AddMarkets(*subscription, tickers);
      ReplyOk(id, *subscription);
      if (channel != Channel::kOrderbookDelta) return;
      for (const std::string& ticker : added) ShowBook(ticker, 0);
      return;
    case kalshi::SubscriptionAction::kDeleteMarkets:
      DeleteMarkets(*subscription, tickers);
      ReplyOk(id, *subscription);
      return;
  }
}

void VenueSession::Execute(std::int64_t id, const kalshi::ListSubscriptionsCommand&) {
  std::vector<kalshi::ListedSubscription> list;
  for (const auto& slot : subscriptions_) {
    if (slot) list.push_back({slot->channel, slot->sid});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.sid < b.sid; });
  Reply(kalshi::EncodeSubscriptionList(id, list));
}

// Whether there is the channel, and whether markets can be named like this.
std::optional<kalshi::WebSocketErrorCode> VenueSession::Check(
    Channel channel, const kalshi::MarketSelection& markets) const {
  if (const auto refused = CheckChannel(channel)) return refused;
  if (channel == Channel::kOrderbookDelta && markets.tickers.empty()) {
    return Code::kMarketTickerRequired;
  }
  if (!markets.ids.empty()) return Code::kInvalidParameter;
  return std::nullopt;
}

bool VenueSession::FitsLimit(const Subscription* subscription,
                             const kalshi::MarketSelection& markets) const {
  if (subscription == nullptr) return markets.tickers.size() <= markets_max();
  const auto added = std::count_if(
      markets.tickers.begin(), markets.tickers.end(),
      [&](const std::string& ticker) { return !subscription->markets.contains(ticker); });
  return subscription->markets.size() + static_cast<std::size_t>(added) <= markets_max();
}

void VenueSession::Subscribe(std::int64_t id, Channel channel,
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
      for (const std::string& ticker : added) ShowBook(ticker, 0);
    }
  }
  OnSubscribed(channel);
}

void VenueSession::GetSnapshots(std::int64_t id, Subscription& subscription,
                                const std::vector<std::string>& tickers) {
  // Otherwise nothing would answer the command.
  if (std::none_of(tickers.begin(), tickers.end(),
                   [&](const std::string& ticker) { return KnowsBook(ticker); })) {
    return ReplyError(id, Code::kInvalidParameter, &subscription);
  }
  for (const std::string& ticker : tickers) ShowBook(ticker, id);
}

void VenueSession::DeleteMarkets(Subscription& subscription,
                                 const std::vector<std::string>& tickers) {
  for (const std::string& ticker : tickers) {
    if (subscription.markets.erase(ticker) == 0) continue;
    if (subscription.channel == Channel::kOrderbookDelta) HideBook(ticker);
  }
}

std::vector<std::string> VenueSession::AddMarkets(Subscription& subscription,
                                                  const std::vector<std::string>& tickers) {
  std::vector<std::string> added;
  for (const std::string& ticker : tickers) {
    if (subscription.markets.emplace(ticker, false).second) added.push_back(ticker);
  }
  return added;
}

void VenueSession::HideBooks(const Subscription& subscription) {
  if (subscription.channel != Channel::kOrderbookDelta) return;
  for (const auto& [ticker, has_snapshot] : subscription.markets) HideBook(ticker);
}

VenueSession::Subscription* VenueSession::FindSid(std::int64_t sid) {
  for (auto& slot : subscriptions_) {
    if (slot && slot->sid == sid) return &*slot;
  }
  return nullptr;
}

// ---- Sending

bool VenueSession::SendData(Channel channel, std::string_view head, std::string_view tail) {
  if (socket_->unsent_bytes() + head.size() + tail.size() <= kUnsentBytesMax &&
      socket_->SendText(head, tail)) {
    return true;
  }
  Overflow(channel);
  return false;
}

void VenueSession::End(Channel channel, Code code) {
  std::optional<Subscription>& slot = SlotOf(channel);
  ReplyError(0, code, &*slot);
  HideBooks(*slot);
  slot.reset();
}

void VenueSession::Overflow(Channel channel) {
  End(channel, Code::kBufferOverflow);
  if (!overflow_nanos_) overflow_nanos_ = MonotonicNanos();
}

void VenueSession::ReplyOk(std::int64_t id, Subscription& subscription) {
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

void VenueSession::ReplyError(std::int64_t id, Code code, Subscription* subscription) {
  const std::int64_t sid = subscription == nullptr ? 0 : subscription->sid;
  const std::uint64_t seq = subscription == nullptr ? 0 : ++subscription->seq;
  Reply(kalshi::EncodeError(id, code, sid, seq));
}

// A client that sends commands without reading their answers has ended the conversation; its
// heartbeat or its slowness ends the connection.
void VenueSession::Reply(std::string text) {
  Mark(text);
  if (socket_ != nullptr) static_cast<void>(socket_->SendText(text));
}

}  // namespace evx::order_book_rebuilder
