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

}  // namespace evx::mock_kalshi
