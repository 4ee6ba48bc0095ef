#include "live/live_venue_session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"

namespace evx::order_book_rebuilder {
namespace {

using kalshi::Channel;

bool IsCertain(const MarketState& state) {
  return state.presence == BookPresence::kBook && state.view.doubt == Doubt::kNone;
}

feed::Subject SubjectOf(const std::string& ticker) { return {ticker, false, kBookChannel}; }

}  // namespace

// ---- net::WebSocketSession

void LiveVenueSession::OnOpen(net::WebSocket& socket) {
  VenueSession::OnOpen(socket);
  hub_.Add(*this);
}

void LiveVenueSession::OnMessage(std::string_view message, bool is_text) {
  VenueSession::OnMessage(message, is_text);
  turn_();
}

void LiveVenueSession::OnTick() {
  VenueSession::OnTick();
  if (socket() == nullptr) return;
  hub_.Tick(*this, MonotonicNanos());
  turn_();
}

void LiveVenueSession::OnClose() {
  if (socket() != nullptr) hub_.Remove(*this);
  VenueSession::OnClose();
}

// ---- VenueSession

std::optional<kalshi::WebSocketErrorCode> LiveVenueSession::CheckChannel(Channel channel) const {
  switch (channel) {
    case Channel::kOrderbookDelta:
      return std::nullopt;
    case Channel::kTicker:
    case Channel::kTrade:
    case Channel::kMarketLifecycle:
    case Channel::kMultivariateMarketLifecycle:
    case Channel::kCfBenchmarksValue:
    case Channel::kCfBenchmarksValue5Hz:
    case Channel::kPythValue:
      return Code::kUnknownChannel;
    case Channel::kFill:
    case Channel::kMarketPositions:
    case Channel::kUserOrders:
    case Channel::kOrderGroupUpdates:
    case Channel::kCommunications:
      return Code::kAuthenticationRequired;
  }
  return Code::kUnknownChannel;
}

bool LiveVenueSession::KnowsBook(const std::string& ticker) const {
  return IsCertain(books_.ReadState(ticker));
}

void LiveVenueSession::ShowBook(const std::string& ticker, std::int64_t command_id) {
  if (command_id != 0) {
    std::vector<std::int64_t>& ids = waiting_[ticker];
    if (ids.size() >= kWaitingSnapshotsMax) {
      return ReplyError(command_id, Code::kTooManyRequests, &*SlotOf(Channel::kOrderbookDelta));
    }
    ids.push_back(command_id);
  }
  hub_.Subscribe(*this, SubjectOf(ticker));
  hub_.TellAgain(*this, ticker);
}

void LiveVenueSession::HideBook(const std::string& ticker) {
  waiting_.erase(ticker);
  hub_.Unsubscribe(*this, SubjectOf(ticker));
}

// ---- LiveReader

std::size_t LiveVenueSession::unsent_bytes() const { return socket()->unsent_bytes(); }

void LiveVenueSession::Tell(BookNews& news, NewsDetail) {
  std::optional<Subscription>& slot = SlotOf(Channel::kOrderbookDelta);
  if (socket() == nullptr || !slot) return;
  if (news.change() == nullptr) return TellState(news);
  const auto market = slot->markets.find(news.ticker());
  if (market == slot->markets.end() || !market->second) return;
  SendNumbered("orderbook_delta", 0, news);
}

void LiveVenueSession::TellState(BookNews& news) {
  std::optional<Subscription>& slot = SlotOf(Channel::kOrderbookDelta);
  const auto market = slot->markets.find(news.ticker());
  const bool is_member = market != slot->markets.end();
  const bool was_shown = is_member && market->second;
  const bool is_certain = IsCertain(news.state());
  if (is_member) market->second = is_certain;
  std::vector<std::int64_t> ids;
  if (const auto waiting = waiting_.find(news.ticker()); waiting != waiting_.end()) {
    ids = std::move(waiting->second);
    waiting_.erase(waiting);
  }
  if (!is_member) hub_.Unsubscribe(*this, SubjectOf(news.ticker()));
  if (is_certain) {
    if (ids.empty() && is_member) ids.push_back(0);
    for (const std::int64_t id : ids) {
      if (!SendNumbered("orderbook_snapshot", id, news)) return;
    }
    return;
  }
  for (const std::int64_t id : ids) ReplyError(id, Code::kInvalidParameter, &*slot);
  if (was_shown) End(Channel::kOrderbookDelta, Code::kChannelError);
}

bool LiveVenueSession::SendNumbered(std::string_view type, std::int64_t id, BookNews& news) {
  Subscription& subscription = *SlotOf(Channel::kOrderbookDelta);
  std::string head = absl::StrCat(R"({"type":")", ToAbsl(type), "\"");
  if (id != 0) absl::StrAppend(&head, R"(,"id":)", id);
  absl::StrAppend(&head, R"(,"sid":)", subscription.sid, R"(,"seq":)", subscription.seq + 1,
                  R"(,"msg":)");
  if (!SendData(Channel::kOrderbookDelta, head, news.VenueBody(subscription.use_yes_price))) {
    return false;
  }
  ++subscription.seq;
  return true;
}

}  // namespace evx::order_book_rebuilder
