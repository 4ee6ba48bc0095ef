#include "replay/replay_session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "evx/kalshi/messages.h"
#include "evx/kalshi/websocket_frames.h"
#include "venue/venue_messages.h"

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
    UseYesPrice(*delta);
    return kalshi::EncodeJson(*delta);
  }
  if (auto* snapshot = std::get_if<kalshi::OrderbookSnapshot>(&decoded->body)) {
    UseYesPrice(*snapshot);
    return kalshi::EncodeJson(*snapshot);
  }
  return {};
}

}  // namespace

// ---- VenueSession

void ReplaySession::OnOpen(net::WebSocket& socket) {
  VenueSession::OnOpen(socket);
  hub_.Add(*this);
}

void ReplaySession::OnClose() {
  if (socket() != nullptr) hub_.Remove(*this);
  VenueSession::OnClose();
}

std::optional<kalshi::WebSocketErrorCode> ReplaySession::CheckChannel(Channel channel) const {
  if (std::find(std::begin(kChannels), std::end(kChannels), channel) == std::end(kChannels)) {
    return Code::kAuthenticationRequired;
  }
  return std::nullopt;
}

void ReplaySession::OnSubscribed(Channel channel) {
  if (!IsLifecycle(channel)) hub_.OnSubscribed();
}

bool ReplaySession::KnowsBook(const std::string& ticker) const {
  return hub_.player().books().Knows(ticker);
}

void ReplaySession::Mark(std::string& reply) const {
  MarkAsReplay(hub_.options().replay_id, reply);
}

// ---- Sending

void ReplaySession::OnNewEpoch() {
  ForgetBooks();
  const std::optional<Subscription>& slot = SlotOf(Channel::kOrderbookDelta);
  if (!slot) return;
  std::vector<std::string> tickers;
  for (const auto& [ticker, has_snapshot] : slot->markets) tickers.push_back(ticker);
  std::sort(tickers.begin(), tickers.end());
  for (const std::string& ticker : tickers) ShowBook(ticker, 0);
}

void ReplaySession::ForgetBooks() {
  std::optional<Subscription>& slot = SlotOf(Channel::kOrderbookDelta);
  if (!slot) return;
  for (auto& [ticker, has_snapshot] : slot->markets) has_snapshot = false;
}

bool ReplaySession::HoldsUp(std::int64_t now) {
  if (socket() == nullptr || socket()->unsent_bytes() < ReplayHub::kMaxSpeedUnsentBytes) {
    full_nanos_.reset();
    return false;
  }
  if (!has_subscription()) return false;
  if (!full_nanos_) full_nanos_ = now;
  if (now - *full_nanos_ < kSlowConsumerNanos) return true;
  for (const Channel channel : kChannels) {
    if (SlotOf(channel)) Overflow(channel);
  }
  return false;
}

void ReplaySession::Send(const ReplayFrame& frame, std::string_view msg) {
  if (socket() == nullptr) return;
  const EventKind kind = frame.event.kind;
  if (kind == EventKind::kSnapshot || kind == EventKind::kDelta) return SendBook(frame, msg);
  const Channel channel = kind == EventKind::kTrade ? Channel::kTrade : Channel::kTicker;
  const std::optional<Subscription>& slot = SlotOf(channel);
  if (!slot || !(slot->every_market || slot->markets.contains(frame.event.market_ticker))) return;
  ReplayEnvelope envelope;
  envelope.type = kalshi::ToWire(channel);
  envelope.recorded_sid = frame.event.sid;
  envelope.recorded_seq = frame.event.seq;
  SendNumbered(channel, envelope, msg);
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
  if (!slot->use_yes_price) return SendNumbered(channel, envelope, msg);
  const std::string converted = InYesPrices(frame.bytes);
  if (!converted.empty()) SendNumbered(channel, envelope, converted);
}

void ReplaySession::ShowBook(const std::string& ticker, std::int64_t command_id) {
  const Channel channel = Channel::kOrderbookDelta;
  std::optional<Subscription>& slot = SlotOf(channel);
  const ReplayBooks& books = hub_.player().books();
  if (!slot || !books.Knows(ticker)) return;
  kalshi::OrderbookSnapshot snapshot = books.SnapshotOf(ticker);
  if (slot->use_yes_price) UseYesPrice(snapshot);
  const auto found = slot->markets.find(ticker);
  if (found != slot->markets.end()) found->second = true;
  ReplayEnvelope envelope;
  envelope.type = "orderbook_snapshot";
  envelope.id = command_id;
  SendNumbered(channel, envelope, kalshi::EncodeJson(snapshot));
}

void ReplaySession::SendNumbered(Channel channel, ReplayEnvelope envelope, std::string_view msg) {
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
  if (!SendData(channel, head_, tail)) return;
  hub_.CountSent();
  if (channel != Channel::kTicker) ++subscription.seq;
}

}  // namespace evx::order_book_rebuilder
