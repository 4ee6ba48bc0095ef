#include "websocket/envelope.h"

#include <charconv>
#include <cstring>

#include "evx/core/check.h"

namespace evx::mock_kalshi {
namespace {

std::string_view TypeOf(FeedKind kind) {
  switch (kind) {
    case FeedKind::kOrderbookDelta:
      return "orderbook_delta";
    case FeedKind::kOrderbookSnapshot:
    case FeedKind::kSnapshotReply:
      return "orderbook_snapshot";
    case FeedKind::kTicker:
      return "ticker";
    case FeedKind::kTrade:
      return "trade";
    case FeedKind::kFill:
      return "fill";
    case FeedKind::kMarketPosition:
      return "market_position";
    case FeedKind::kUserOrder:
      return "user_order";
    case FeedKind::kOrderGroupUpdate:
      return "order_group_updates";
    case FeedKind::kMarketLifecycle:
      return "market_lifecycle_v2";
    case FeedKind::kMultivariateLifecycle:
      return "multivariate_market_lifecycle";
    case FeedKind::kEventLifecycle:
    case FeedKind::kMultivariateEventLifecycle:
      return "event_lifecycle";
    case FeedKind::kEventFeeUpdate:
      return "event_fee_update";
    case FeedKind::kKeyRevoked:
    case FeedKind::kAccountDisabled:
      break;
  }
  return "";
}

// {"type":"ok" and, where there is one, the command's id.
std::string Begin(std::string_view type, std::int64_t id) {
  std::string text = R"({"type":")";
  text.append(type).push_back('"');
  if (id != 0) text.append(R"(,"id":)").append(std::to_string(id));
  return text;
}

void AppendSid(std::string& text, std::int64_t sid, std::uint64_t sequence) {
  text.append(R"(,"sid":)").append(std::to_string(sid));
  text.append(R"(,"seq":)").append(std::to_string(sequence));
}

void AppendChannel(std::string& text, kalshi::Channel channel, std::int64_t sid) {
  text.append(R"({"channel":")").append(kalshi::ToWire(channel));
  text.append(R"(","sid":)").append(std::to_string(sid)).push_back('}');
}

}  // namespace

void SendingTime::Set(Timestamp now) {
  if (now.millis() == millis_) return;
  millis_ = now.millis();
  constexpr std::string_view kName = R"(,"sending_ts_ms":)";
  std::memcpy(text_, kName.data(), kName.size());
  char* const end = std::to_chars(text_ + kName.size(), text_ + sizeof text_, millis_).ptr;
  size_ = static_cast<std::size_t>(end - text_);
}

MessageHead::MessageHead(FeedKind kind, std::int64_t sid, std::uint64_t sequence,
                         std::int64_t command_id, const SendingTime& sending_time) {
  Append(R"({"type":")");
  Append(TypeOf(kind));
  if (command_id != 0) {
    Append(R"(","id":)");
    Append(static_cast<std::uint64_t>(command_id));
    Append(R"(,"sid":)");
  } else {
    Append(R"(","sid":)");
  }
  Append(static_cast<std::uint64_t>(sid));
  if (sequence != 0) {
    Append(R"(,"seq":)");
    Append(sequence);
  }
  Append(sending_time.member());
}

void MessageHead::Append(std::string_view piece) {
  std::memcpy(text_ + size_, piece.data(), piece.size());
  size_ += piece.size();
}

void MessageHead::Append(std::uint64_t number) {
  size_ = static_cast<std::size_t>(std::to_chars(text_ + size_, text_ + sizeof text_, number).ptr -
                                   text_);
}

std::string SubscribedReply(std::int64_t id, kalshi::Channel channel, std::int64_t sid) {
  std::string text = Begin("subscribed", id);
  text.append(R"(,"msg":)");
  AppendChannel(text, channel, sid);
  return text += '}';
}

std::string UnsubscribedReply(std::int64_t id, std::int64_t sid, std::uint64_t sequence) {
  std::string text = Begin("unsubscribed", id);
  AppendSid(text, sid, sequence);
  return text += '}';
}

std::string OkReply(std::int64_t id, std::int64_t sid, std::uint64_t sequence, bool by_market_id,
                    const std::vector<std::string>* names) {
  std::string text = Begin("ok", id);
  AppendSid(text, sid, sequence);
  if (names == nullptr) return text += '}';
  text.append(by_market_id ? R"(,"msg":{"market_ids":[)" : R"(,"msg":{"market_tickers":[)");
  for (const std::string& name : *names) {
    if (text.back() != '[') text.push_back(',');
    // Tickers and UUIDs have no character that JSON would escape.
    text.append(1, '"').append(name).push_back('"');
  }
  return text += "]}}";
}

std::string ListReply(std::int64_t id, std::span<const Subscription* const> subscriptions) {
  std::string text = Begin("ok", id);
  text.append(R"(,"msg":[)");
  for (const Subscription* subscription : subscriptions) {
    if (text.back() != '[') text.push_back(',');
    AppendChannel(text, subscription->channel, subscription->sid);
  }
  return text += "]}";
}

std::string ErrorReply(std::int64_t id, kalshi::WebSocketErrorCode code, std::int64_t sid,
                       std::uint64_t sequence) {
  std::string text = Begin("error", id);
  if (sid != 0) AppendSid(text, sid, sequence);
  text.append(R"(,"msg":{"code":)").append(std::to_string(static_cast<int>(code)));
  text.append(R"(,"msg":")").append(kalshi::Message(code));
  return text += R"("}})";
}

}  // namespace evx::mock_kalshi
