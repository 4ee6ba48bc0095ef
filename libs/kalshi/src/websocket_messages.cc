#include "evx/kalshi/websocket_messages.h"

#include "evx/kalshi/websocket_frames.h"
#include "frame_reader.h"
#include "market_members.h"
#include "message_archive.h"

namespace evx::kalshi {

template <class Archive, Is<OrderbookSnapshot> M>
void Members(Archive& a, M& m) {
  a.Text("market_ticker", m.market_ticker);
  a.Text("market_id", m.market_id);
  LevelsIf(a, "yes_dollars_fp", m.book.yes);
  LevelsIf(a, "no_dollars_fp", m.book.no);
}

template <class Archive, Is<OrderbookDelta> M>
void Members(Archive& a, M& m) {
  a.Text("market_ticker", m.market_ticker);
  a.Text("market_id", m.market_id);
  a.DollarPrice("price_dollars", m.price);
  a.Count("delta_fp", m.delta);
  a.Word("side", m.side);
  a.TextIf("client_order_id", m.client_order_id);
  a.IntIf("subaccount", m.subaccount);
  a.EchoTime("ts", m.time);
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<TickerUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("market_id", m.market_id);
  a.Text("market_ticker", m.market_ticker);
  a.DollarPrice("price_dollars", m.last_price);
  a.DollarPrice("yes_bid_dollars", m.yes_bid);
  a.DollarPrice("yes_ask_dollars", m.yes_ask);
  a.Count("yes_bid_size_fp", m.yes_bid_size);
  a.Count("yes_ask_size_fp", m.yes_ask_size);
  a.Count("last_trade_size_fp", m.last_trade_size);
  a.Count("volume_fp", m.volume);
  a.Count("open_interest_fp", m.open_interest);
  a.Int("dollar_volume", m.dollar_volume);
  a.Int("dollar_open_interest", m.dollar_open_interest);
  a.EchoInt("ts", m.time.seconds());
  a.Millis("ts_ms", m.time);
  a.EchoTime("time", m.time);
}

template <class Archive, Is<TradeUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("trade_id", m.trade_id);
  a.Text("market_ticker", m.market_ticker);
  a.DollarPrice("yes_price_dollars", m.yes_price);
  a.EchoPrice("no_price_dollars", m.yes_price.Complement());
  a.Count("count_fp", m.count);
  a.EchoWord("taker_side", OutcomeSide(m.taker_side));
  a.EchoWord("taker_outcome_side", OutcomeSide(m.taker_side));
  a.Word("taker_book_side", m.taker_side);
  a.Bool("is_block_trade", m.is_block_trade);
  a.EchoInt("ts", m.time.seconds());
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<FillUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("trade_id", m.trade_id);
  a.Text("order_id", m.order_id);
  a.TextIf("client_order_id", m.client_order_id);
  a.Text("market_ticker", m.market_ticker);
  a.Int("exchange_index", m.exchange_index);
  a.Bool("is_taker", m.is_taker);
  a.EchoWord("side", ToContractSide(m.action, m.book_side));
  a.DollarPrice("yes_price_dollars", m.yes_price);
  a.Count("count_fp", m.count);
  a.Money6("fee_cost", m.fee_cost);
  a.Word("action", m.action);
  a.EchoWord("outcome_side", OutcomeSide(m.book_side));
  a.Word("book_side", m.book_side);
  a.EchoWord("purchased_side", OutcomeSide(m.book_side));
  a.Count("post_position_fp", m.post_position);
  a.IntIf("subaccount", m.subaccount);
  a.EchoInt("ts", m.time.seconds());
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<MarketPositionUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("user_id", m.user_id);
  a.Text("market_ticker", m.market_ticker);
  a.Count("position_fp", m.position);
  a.Money6("position_cost_dollars", m.position_cost);
  a.Money6("realized_pnl_dollars", m.realized_pnl);
  a.Money6("fees_paid_dollars", m.fees_paid);
  a.Money6("position_fee_cost_dollars", m.position_fee_cost);
  a.Count("volume_fp", m.volume);
  a.IntIf("subaccount", m.subaccount);
}

template <class Archive, Is<UserOrderUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.Text("user_id", m.user_id);
  a.Text("ticker", m.ticker);
  a.Int("exchange_index", m.exchange_index);
  a.Word("status", m.status);
  a.EchoWord("side", ToContractSide(OrderAction::kBuy, m.book_side));
  a.EchoBool("is_yes", m.book_side == BookSide::kBid);
  a.EchoWord("outcome_side", OutcomeSide(m.book_side));
  a.Word("book_side", m.book_side);
  a.DollarPrice("yes_price_dollars", m.yes_price);
  a.Count("fill_count_fp", m.fill_count);
  a.Count("remaining_count_fp", m.remaining_count);
  a.Count("initial_count_fp", m.initial_count);
  a.Money6("taker_fill_cost_dollars", m.taker_fill_cost);
  a.Money6("maker_fill_cost_dollars", m.maker_fill_cost);
  a.Money6("taker_fees_dollars", m.taker_fees);
  a.Money6("maker_fees_dollars", m.maker_fees);
  a.Text("client_order_id", m.client_order_id);
  a.TextIf("order_group_id", m.order_group_id);
  a.WordIf("self_trade_prevention_type", m.self_trade_prevention);
  a.EchoTime("created_time", m.created_time);
  a.Millis("created_ts_ms", m.created_time);
  a.EchoTimeIf("last_update_time", m.last_update_time);
  a.MillisIf("last_updated_ts_ms", m.last_update_time);
  a.EchoTimeIf("expiration_time", m.expiration_time);
  a.MillisIf("expiration_ts_ms", m.expiration_time);
  a.WordIf("last_update_reason", m.last_update_reason);
  a.IntIf("subaccount_number", m.subaccount_number);
}

template <class Archive, Is<OrderGroupUpdate> M>
void Members(Archive& a, M& m) {
  a.Word("event_type", m.event_type);
  a.Text("order_group_id", m.order_group_id);
  a.CountIf("contracts_limit_fp", m.contracts_limit);
  a.Millis("ts_ms", m.time);
}

// The strike of a market, in creations and in updates.
template <class Archive, class M>
void LifecycleStrikeMembers(Archive& a, M& m) {
  a.WordIf("strike_type", m.strike_type);
  a.MicrosIf("floor_strike", m.floor_strike_micros);
  a.MicrosIf("cap_strike", m.cap_strike_micros);
  a.JsonIf("custom_strike", m.custom_strike_json);
}

template <class Archive, Is<MarketCreationMetadata> M>
void Members(Archive& a, M& m) {
  a.Text("name", m.name);
  a.Text("title", m.title);
  a.Text("yes_sub_title", m.yes_sub_title);
  a.Text("no_sub_title", m.no_sub_title);
  a.Text("rules_primary", m.rules_primary);
  a.Text("rules_secondary", m.rules_secondary);
  a.Bool("can_close_early", m.can_close_early);
  a.Text("event_ticker", m.event_ticker);
  a.Seconds("expected_expiration_ts", m.expected_expiration_time);
  LifecycleStrikeMembers(a, m);
}

template <class Archive, Is<MarketLifecycleUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("market_ticker", m.market_ticker);
  a.Word("event_type", m.event_type);
  a.IntIf("exchange_index", m.exchange_index);
  a.SecondsIf("open_ts", m.open_time);
  a.SecondsIf("close_ts", m.close_time);
  a.TextIf("result", m.result);
  a.SecondsIf("determination_ts", m.determination_time);
  a.DollarPriceIf("settlement_value", m.settlement_value);
  a.SecondsIf("settled_ts", m.settled_time);
  a.BoolIf("is_deactivated", m.is_deactivated);
  a.TextIf("price_level_structure", m.price_level_structure);
  a.ListIf("price_ranges", m.price_ranges);
  LifecycleStrikeMembers(a, m);
  a.TextIf("yes_sub_title", m.yes_sub_title);
  a.ObjectIf("additional_metadata", m.additional_metadata);
}

template <class Archive, Is<EventLifecycleUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("event_ticker", m.event_ticker);
  a.Int("exchange_index", m.exchange_index);
  a.Text("title", m.title);
  a.Text("subtitle", m.subtitle);
  a.Text("collateral_return_type", m.collateral_return_type);
  a.Text("series_ticker", m.series_ticker);
  a.SecondsIf("strike_date", m.strike_date);
  a.TextIf("strike_period", m.strike_period);
}

template <class Archive, Is<EventFeeUpdate> M>
void Members(Archive& a, M& m) {
  a.Text("event_ticker", m.event_ticker);
  a.WordOrNull("fee_type_override", m.fee_type_override);
  a.MicrosOrNull("fee_multiplier_override", m.fee_multiplier_override_micros);
}

EVX_KALSHI_MESSAGE(OrderbookSnapshot);
EVX_KALSHI_MESSAGE(OrderbookDelta);
EVX_KALSHI_MESSAGE(TickerUpdate);
EVX_KALSHI_MESSAGE(TradeUpdate);
EVX_KALSHI_MESSAGE(FillUpdate);
EVX_KALSHI_MESSAGE(MarketPositionUpdate);
EVX_KALSHI_MESSAGE(UserOrderUpdate);
EVX_KALSHI_MESSAGE(OrderGroupUpdate);
EVX_KALSHI_MESSAGE(MarketLifecycleUpdate);
EVX_KALSHI_MESSAGE(EventLifecycleUpdate);
EVX_KALSHI_MESSAGE(EventFeeUpdate);

// Whole frames are read here because the members above are.
namespace {

using FrameBody = decltype(WebSocketFrame::body);

template <class Message>
FrameBody ReadMessage(ObjectReader& object, std::string Message::*key) {
  Message message;
  MessageReader reader(object);
  Members(reader, message);
  if ((message.*key).empty()) object.Fail("ticker", "must be there");
  return message;
}

FrameBody ReadSubscribed(ObjectReader& object) {
  SubscribedReply reply;
  reply.channel = object.Text("channel");
  reply.sid = object.Integer("sid", 1).value_or(0);
  if (reply.sid == 0) object.Fail("sid", "must be there");
  return reply;
}

FrameBody ReadError(ObjectReader& object) {
  ErrorReply reply;
  reply.code = static_cast<int>(object.Integer("code", 0, INT32_MAX).value_or(0));
  reply.text = object.String("msg").value_or("");
  return reply;
}

FrameBody ReadBody(std::string_view type, ObjectReader& object) {
  if (type == "orderbook_delta") return ReadMessage(object, &OrderbookDelta::market_ticker);
  if (type == "ticker") return ReadMessage(object, &TickerUpdate::market_ticker);
  if (type == "trade") return ReadMessage(object, &TradeUpdate::market_ticker);
  if (type == "orderbook_snapshot") return ReadMessage(object, &OrderbookSnapshot::market_ticker);
  if (type == "market_lifecycle_v2" || type == "multivariate_market_lifecycle") {
    return ReadMessage(object, &MarketLifecycleUpdate::market_ticker);
  }
  if (type == "event_lifecycle") return ReadMessage(object, &EventLifecycleUpdate::event_ticker);
  if (type == "event_fee_update") return ReadMessage(object, &EventFeeUpdate::event_ticker);
  if (type == "subscribed") return ReadSubscribed(object);
  if (type == "error") return ReadError(object);
  return OtherBody{std::string(type)};
}

}  // namespace

absl::StatusOr<WebSocketFrame> DecodeWebSocketFrame(std::string_view text) {
  absl::StatusOr<WebSocketFrame> plain(absl::in_place);
  if (ReadPlainDelta(text, *plain)) return plain;
  return ReadJsonFrame(text);
}

absl::StatusOr<WebSocketFrame> ReadJsonFrame(std::string_view text) {
  auto root = JsonDocument::Shared().ParseObject(text);
  if (!root.ok()) return ToStatus(root.error());
  ObjectReader envelope = *std::move(root);
  WebSocketFrame frame;
  const std::string_view type = envelope.Text("type");
  frame.id = envelope.Integer("id", 0).value_or(0);
  frame.sid = envelope.Integer("sid", 0).value_or(0);
  frame.seq = static_cast<std::uint64_t>(envelope.Integer("seq", 0).value_or(0));
  frame.sending_time = Timestamp::FromMillis(
      envelope.Integer("sending_ts_ms", 0, INT64_MAX / 1'000'000).value_or(0));
  if (!envelope.ok()) return ToStatus(envelope.error());
  if (type == "ok") {
    frame.body = OkReply{};
  } else if (type == "unsubscribed") {
    frame.body = UnsubscribedReply{};
  } else if (auto object = envelope.TryObject("msg")) {
    frame.body = ReadBody(type, *object);
    if (auto* reply = std::get_if<SubscribedReply>(&frame.body)) {
      reply->replay_id = envelope.String("replay_id").value_or("");
    }
    if (!object->ok()) frame.body = UnreadableBody{std::string(type), *object->fault()};
  } else {
    frame.body = OtherBody{std::string(type)};
  }
  return frame;
}

}  // namespace evx::kalshi
