#include "rpc/grpc_conversions.h"

namespace evx::mock_kalshi {

namespace common_pb = common::v1;
namespace pb = exchange::v1;

std::optional<BookSide> ToDomain(common_pb::BookSide side) {
  if (side == common_pb::BOOK_SIDE_BID) return BookSide::kBid;
  if (side == common_pb::BOOK_SIDE_ASK) return BookSide::kAsk;
  return std::nullopt;
}

std::optional<venue::MarketStatus> ToDomain(common_pb::MarketStatus status) {
  if (status <= common_pb::MARKET_STATUS_UNSPECIFIED ||
      status > common_pb::MARKET_STATUS_FINALIZED) {
    return std::nullopt;
  }
  // The contract lists the states in the order of ours, after the unspecified one.
  static_assert(common_pb::MARKET_STATUS_INITIALIZED - 1 ==
                static_cast<int>(venue::MarketStatus::kInitialized));
  static_assert(common_pb::MARKET_STATUS_FINALIZED - 1 ==
                static_cast<int>(venue::MarketStatus::kFinalized));
  return static_cast<venue::MarketStatus>(status - 1);
}

venue::TimeInForce ToDomain(common_pb::TimeInForce time_in_force) {
  if (time_in_force == common_pb::TIME_IN_FORCE_IMMEDIATE_OR_CANCEL) {
    return venue::TimeInForce::kImmediateOrCancel;
  }
  if (time_in_force == common_pb::TIME_IN_FORCE_FILL_OR_KILL) {
    return venue::TimeInForce::kFillOrKill;
  }
  return venue::TimeInForce::kGoodTillCanceled;
}

venue::SelfTradePrevention ToDomain(common_pb::SelfTradePrevention self_trade_prevention) {
  return self_trade_prevention == common_pb::SELF_TRADE_PREVENTION_MAKER
             ? venue::SelfTradePrevention::kMaker
             : venue::SelfTradePrevention::kTakerAtCross;
}

common_pb::BookSide ToProto(BookSide side) {
  return side == BookSide::kBid ? common_pb::BOOK_SIDE_BID : common_pb::BOOK_SIDE_ASK;
}

common_pb::TimeInForce ToProto(venue::TimeInForce time_in_force) {
  switch (time_in_force) {
    case venue::TimeInForce::kGoodTillCanceled:
      return common_pb::TIME_IN_FORCE_GOOD_TILL_CANCELED;
    case venue::TimeInForce::kImmediateOrCancel:
      return common_pb::TIME_IN_FORCE_IMMEDIATE_OR_CANCEL;
    case venue::TimeInForce::kFillOrKill:
      return common_pb::TIME_IN_FORCE_FILL_OR_KILL;
  }
  return common_pb::TIME_IN_FORCE_UNSPECIFIED;
}

common_pb::MarketStatus ToProto(venue::MarketStatus status) {
  return static_cast<common_pb::MarketStatus>(static_cast<int>(status) + 1);
}

common_pb::MarketResult ToProto(venue::MarketResult result) {
  switch (result) {
    case venue::MarketResult::kNone:
      return common_pb::MARKET_RESULT_UNSPECIFIED;
    case venue::MarketResult::kYes:
      return common_pb::MARKET_RESULT_YES;
    case venue::MarketResult::kNo:
      return common_pb::MARKET_RESULT_NO;
    case venue::MarketResult::kScalar:
      return common_pb::MARKET_RESULT_SCALAR;
  }
  return common_pb::MARKET_RESULT_UNSPECIFIED;
}

pb::OrderStatus ToProto(OrderStatus status) {
  switch (status) {
    case OrderStatus::kResting:
      return pb::ORDER_STATUS_RESTING;
    case OrderStatus::kExecuted:
      return pb::ORDER_STATUS_EXECUTED;
    case OrderStatus::kCanceled:
      return pb::ORDER_STATUS_CANCELED;
  }
  return pb::ORDER_STATUS_UNSPECIFIED;
}

google::protobuf::Timestamp ToProto(Timestamp time) {
  google::protobuf::Timestamp proto;
  proto.set_seconds(time.seconds());
  proto.set_nanos(static_cast<std::int32_t>(time.nanos() - time.seconds() * 1'000'000'000));
  return proto;
}

std::optional<Timestamp> ToDomain(const google::protobuf::Timestamp& time) {
  constexpr std::int64_t kSecondsMax = 7'258'118'400;
  if (time.seconds() < 0 || time.seconds() > kSecondsMax || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return std::nullopt;
  }
  return Timestamp::FromNanos(time.seconds() * 1'000'000'000 + time.nanos());
}

pb::Order ToProto(const OrderRow& row, std::string_view ticker, const WireIdCodec& wire_ids) {
  pb::Order order;
  order.set_order_id(wire_ids.Encode(row.order_id));
  order.set_client_order_id(std::string(row.client_order_id.view()));
  order.set_subaccount(row.subaccount);
  order.set_market_ticker(std::string(ticker));
  order.set_side(ToProto(row.side));
  order.set_price_micros(row.price.micros());
  order.set_quantity_centis(row.initial_quantity.centis());
  order.set_filled_quantity_centis(row.filled.centis());
  order.set_remaining_quantity_centis(row.remaining.centis());
  order.set_time_in_force(ToProto(row.time_in_force));
  order.set_status(ToProto(row.status));
  order.set_taker_fill_cost_micros(row.taker_fill_cost.micros());
  order.set_maker_fill_cost_micros(row.maker_fill_cost.micros());
  order.set_fees_micros((row.taker_fees + row.maker_fees).micros());
  if (row.expiration) *order.mutable_expiration_time() = ToProto(row.expiration);
  if (row.order_group) order.set_order_group_id(wire_ids.Encode(row.order_group));
  *order.mutable_create_time() = ToProto(row.create_time);
  *order.mutable_update_time() = ToProto(row.update_time);
  order.set_sequence_number(static_cast<std::int64_t>(row.sequence_number.value()));
  return order;
}

pb::Fill ToProto(const FillRow& row, std::string_view ticker, const WireIdCodec& wire_ids) {
  pb::Fill fill;
  fill.set_trade_id(wire_ids.Encode(row.trade_id));
  fill.set_order_id(wire_ids.Encode(row.order_id));
  fill.set_subaccount(row.subaccount);
  fill.set_market_ticker(std::string(ticker));
  fill.set_side(ToProto(row.side));
  fill.set_is_taker(row.is_taker);
  fill.set_price_micros(row.price.micros());
  fill.set_quantity_centis(row.quantity.centis());
  fill.set_fee_micros(row.fee.micros());
  *fill.mutable_create_time() = ToProto(row.time);
  fill.set_sequence_number(static_cast<std::int64_t>(row.sequence_number.value()));
  return fill;
}

pb::Settlement ToProto(const SettlementRow& row, std::string_view ticker) {
  pb::Settlement settlement;
  settlement.set_subaccount(row.subaccount);
  settlement.set_market_ticker(std::string(ticker));
  settlement.set_result(ToProto(row.result));
  settlement.set_settlement_value_micros(row.settlement_value.micros());
  settlement.set_position_centis(row.position.centis());
  settlement.set_revenue_micros(row.revenue.micros());
  settlement.set_fee_micros(row.fee.micros());
  *settlement.mutable_create_time() = ToProto(row.time);
  settlement.set_sequence_number(static_cast<std::int64_t>(row.sequence_number.value()));
  return settlement;
}

pb::EquityMark ToProto(const MarkRow& row) {
  pb::EquityMark mark;
  *mark.mutable_mark_time() = ToProto(row.time);
  mark.set_cash_micros(row.cash.micros());
  mark.set_position_value_micros(row.position_value.micros());
  return mark;
}

pb::Trade ToProto(const TradeRow& row, std::string_view ticker, const WireIdCodec& wire_ids) {
  pb::Trade trade;
  trade.set_trade_id(wire_ids.Encode(row.trade_id));
  trade.set_market_ticker(std::string(ticker));
  trade.set_price_micros(row.price.micros());
  trade.set_quantity_centis(row.quantity.centis());
  trade.set_taker_side(ToProto(row.taker_side));
  *trade.mutable_create_time() = ToProto(row.time);
  trade.set_sequence_number(static_cast<std::int64_t>(row.sequence_number.value()));
  trade.set_busted(row.busted);
  return trade;
}

pb::Market ToProto(const MarketState& market, const ReadModel::State& state) {
  const EventState& event = state.At(market.event);
  pb::Market result;
  result.set_market_ticker(market.ticker);
  result.set_event_ticker(event.ticker);
  result.set_series_ticker(state.At(event.series).ticker);
  result.set_status(ToProto(market.status));
  result.set_price_level_structure(market.price_level_structure);
  *result.mutable_open_time() = ToProto(market.open_time);
  *result.mutable_close_time() = ToProto(market.close_time);
  if (market.last_price) result.set_last_price_micros(market.last_price->micros());
  result.set_volume_centis(market.volume.centis());
  result.set_open_interest_centis(market.open_interest.centis());
  const auto put_level = [](const auto& level, common_pb::PriceLevel& out) {
    out.set_price_micros(level.first.micros());
    out.set_quantity_centis(level.second.centis());
  };
  if (!market.book.bids.empty()) put_level(*market.book.bids.begin(), *result.mutable_best_bid());
  if (!market.book.asks.empty()) put_level(*market.book.asks.begin(), *result.mutable_best_ask());
  result.set_result(ToProto(market.result));
  result.set_settlement_value_micros(market.settlement_value.micros());
  if (market.facts_json) result.set_facts_json(*market.facts_json);
  return result;
}

}  // namespace evx::mock_kalshi
