#include "feed/feed_encoding.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/feed/command.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "probe.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;
using Levels = google::protobuf::RepeatedPtrField<common::v1::PriceLevel>;

// Wire type of a message in a message.
constexpr unsigned kLengthDelimited = 2;

void AppendMember(std::string& out, std::string_view name, std::int64_t value) {
  absl::StrAppend(&out, ",\"", ToAbsl(name), "\":", value);
}

void AppendMember(std::string& out, std::string_view name, std::string_view value) {
  absl::StrAppend(&out, ",\"", ToAbsl(name), "\":");
  feed::AppendJsonText(out, value);
}

// The object up to what differs by its type.
void AppendHead(std::string& out, std::string_view type, std::string_view ticker,
                const pb::Envelope& envelope) {
  absl::StrAppend(&out, "{\"type\":\"", ToAbsl(type), "\"");
  AppendMember(out, "market_ticker", ticker);
  AppendMember(out, "sequence", envelope.sequence());
}

void AppendEnvelope(std::string& out, const pb::Envelope& envelope) {
  AppendMember(out, "source", envelope.source());
  AppendMember(out, "source_subscription", envelope.source_subscription());
  AppendMember(out, "source_sequence", envelope.source_sequence());
  AppendMember(out, "received_ns", envelope.received_ns());
  AppendMember(out, "published_ns", envelope.published_ns());
  AppendMember(out, "trace_id", envelope.trace_id());
  out += '}';
}

std::string_view NameOf(common::v1::BookSide side) {
  return side == common::v1::BOOK_SIDE_BID ? "bid" : "ask";
}

void AppendLevels(std::string& out, std::string_view name, const Levels& levels) {
  absl::StrAppend(&out, ",\"", ToAbsl(name), "\":[");
  for (bool is_first = true; const common::v1::PriceLevel& level : levels) {
    absl::StrAppend(&out, is_first ? "[" : ",[", level.price_micros(), ",", level.quantity_centis(),
                    "]");
    is_first = false;
  }
  out += ']';
}

void AppendJson(std::string& out, const pb::BookMessage& message) {
  const pb::Envelope& envelope = message.envelope();
  switch (message.update_case()) {
    case pb::BookMessage::kDelta: {
      const pb::BookDelta& delta = message.delta();
      AppendHead(out, "book_delta", message.market_ticker(), envelope);
      AppendMember(out, "side", NameOf(delta.side()));
      AppendMember(out, "price_micros", delta.price_micros());
      AppendMember(out, "delta_centis", delta.delta_centis());
      AppendMember(out, "quantity_centis", delta.quantity_centis());
      AppendMember(out, "event_time_ns", delta.event_time_ns());
      break;
    }
    case pb::BookMessage::kSnapshot: {
      const pb::BookSnapshot& snapshot = message.snapshot();
      AppendHead(out, "book_snapshot", message.market_ticker(), envelope);
      const bool is_periodic = snapshot.cause() == pb::SNAPSHOT_CAUSE_PERIODIC;
      AppendMember(out, "cause", is_periodic ? "periodic" : "venue");
      AppendLevels(out, "bids", snapshot.bids());
      AppendLevels(out, "asks", snapshot.asks());
      absl::StrAppendFormat(&out, ",\"book_hash\":\"%016x\"", snapshot.book_hash());
      break;
    }
    case pb::BookMessage::kGap: {
      const pb::BookGap& gap = message.gap();
      AppendHead(out, "book_gap", message.market_ticker(), envelope);
      AppendMember(out, "cause", ToString(gap.cause()));
      AppendMember(out, "expected_source_sequence", gap.expected_source_sequence());
      AppendMember(out, "received_source_sequence", gap.received_source_sequence());
      break;
    }
    case pb::BookMessage::UPDATE_NOT_SET:
      return;
  }
  AppendEnvelope(out, envelope);
}

void AppendJson(std::string& out, const pb::TradeMessage& message) {
  AppendHead(out, "trade", message.market_ticker(), message.envelope());
  AppendMember(out, "trade_id", message.trade_id());
  AppendMember(out, "price_micros", message.price_micros());
  AppendMember(out, "quantity_centis", message.quantity_centis());
  AppendMember(out, "taker_side", NameOf(message.taker_side()));
  absl::StrAppend(&out, ",\"is_block_trade\":", message.is_block_trade() ? "true" : "false");
  AppendMember(out, "event_time_ns", message.event_time_ns());
  AppendEnvelope(out, message.envelope());
}

void AppendJson(std::string& out, const pb::TickerMessage& message) {
  AppendHead(out, "ticker", message.market_ticker(), message.envelope());
  AppendMember(out, "last_price_micros", message.last_price_micros());
  AppendMember(out, "last_trade_size_centis", message.last_trade_size_centis());
  AppendMember(out, "bid_price_micros", message.bid_price_micros());
  AppendMember(out, "bid_size_centis", message.bid_size_centis());
  AppendMember(out, "ask_price_micros", message.ask_price_micros());
  AppendMember(out, "ask_size_centis", message.ask_size_centis());
  AppendMember(out, "volume_centis", message.volume_centis());
  AppendMember(out, "open_interest_centis", message.open_interest_centis());
  AppendMember(out, "dollar_volume", message.dollar_volume());
  AppendMember(out, "dollar_open_interest", message.dollar_open_interest());
  AppendMember(out, "event_time_ns", message.event_time_ns());
  AppendEnvelope(out, message.envelope());
}

template <class Message>
std::string JsonOf(std::string_view payload) {
  std::string out;
  Message message;
  if (message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    AppendJson(out, message);
  }
  return out;
}

}  // namespace

std::string FrameHead(Topic channel, std::size_t payload_size) {
  EVX_CHECK(static_cast<std::size_t>(channel) < kStreamCount);
  const unsigned field = static_cast<unsigned>(channel) + 1;
  std::string head(1, static_cast<char>(field << 3 | kLengthDelimited));
  for (; payload_size >= 0x80; payload_size >>= 7) {
    head += static_cast<char>((payload_size & 0x7f) | 0x80);
  }
  head += static_cast<char>(payload_size);
  return head;
}

std::string FrameJson(Topic channel, std::string_view payload) {
  switch (channel) {
    case Topic::kBook:
      return JsonOf<pb::BookMessage>(payload);
    case Topic::kTrades:
      return JsonOf<pb::TradeMessage>(payload);
    case Topic::kTickers:
      return JsonOf<pb::TickerMessage>(payload);
    case Topic::kErrors:
    case Topic::kNumbers:
      break;
  }
  EVX_CHECK(false);
}

std::string TopJson(std::string_view ticker, const MarketTop& top) {
  std::string out;
  AppendHead(out, "top", ticker, top.envelope);
  absl::StrAppend(&out, ",\"is_in_doubt\":", top.is_in_doubt ? "true" : "false");
  if (!top.is_in_doubt) {
    const book::Level no_bid, no_ask{Price::FromMicros(Price::kDollarMicros), Quantity()};
    const book::Level bid = top.bid.value_or(no_bid);
    const book::Level ask = top.ask.value_or(no_ask);
    AppendMember(out, "bid_price_micros", bid.price.micros());
    AppendMember(out, "bid_size_centis", bid.quantity.centis());
    AppendMember(out, "ask_price_micros", ask.price.micros());
    AppendMember(out, "ask_size_centis", ask.quantity.centis());
  }
  AppendEnvelope(out, top.envelope);
  return out;
}

}  // namespace evx::market_data
