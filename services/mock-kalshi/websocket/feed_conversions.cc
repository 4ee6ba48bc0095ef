#include "websocket/feed_conversions.h"

#include <string>

#include "catalogue/catalogue_view.h"
#include "conversions.h"

namespace evx::mock_kalshi {
namespace {

// The venue counts a contract as half a dollar: observed as volume / 2, cut to whole dollars.
std::int64_t DollarsOf(Quantity contracts) { return contracts.centis() / 200; }

void CopyStrike(const kalshi::Market& facts, auto& update) {
  update.strike_type = facts.strike_type;
  update.floor_strike_micros = facts.floor_strike_micros;
  update.cap_strike_micros = facts.cap_strike_micros;
  update.custom_strike_json = facts.custom_strike_json;
}

}  // namespace

kalshi::LastUpdateReason ReasonOf(venue::CancelReason reason) {
  using enum kalshi::LastUpdateReason;
  switch (reason) {
    case venue::CancelReason::kUser:
    case venue::CancelReason::kDecreasedToZero:
    case venue::CancelReason::kImmediateOrCancel:
    case venue::CancelReason::kOrderGroup:
      return kDecrease;
    case venue::CancelReason::kSelfTradePrevention:
      return kSelfTradeCancel;
    case venue::CancelReason::kPostOnlyCross:
      return kPostOnlyCrossCancel;
    case venue::CancelReason::kReduceOnly:
      return kReduceOnlyCancel;
    case venue::CancelReason::kExpired:
      return kExpiryCancel;
    case venue::CancelReason::kMarketClosed:
      return kCloseCancel;
    case venue::CancelReason::kInsufficientFunds:
      return kMarginCancel;
    case venue::CancelReason::kMarketReactivated:
    case venue::CancelReason::kPause:
    case venue::CancelReason::kOperator:
    case venue::CancelReason::kPriceGridChanged:
      return kHaltCancel;
  }
  return kDecrease;
}

kalshi::UserOrderUpdate ToUpdate(const OrderRow& order, std::string_view ticker,
                                 const WireIdCodec& wire_ids,
                                 std::optional<kalshi::LastUpdateReason> reason) {
  kalshi::UserOrderUpdate update;
  update.order_id = wire_ids.Encode(order.order_id);
  update.user_id = wire_ids.Encode(order.account);
  update.ticker = ticker;
  update.status = ToKalshi(order.status);
  update.book_side = order.side;
  update.yes_price = order.price;
  update.fill_count = order.filled;
  update.remaining_count = order.remaining;
  update.initial_count = order.initial_quantity;
  update.taker_fill_cost = order.taker_fill_cost;
  update.maker_fill_cost = order.maker_fill_cost;
  update.taker_fees = order.taker_fees;
  update.maker_fees = order.maker_fees;
  update.client_order_id = order.client_order_id.view();
  if (order.order_group) update.order_group_id = wire_ids.Encode(order.order_group);
  update.self_trade_prevention = ToKalshi(order.self_trade_prevention);
  update.created_time = order.create_time;
  update.last_update_time = order.update_time;
  update.expiration_time = order.expiration;
  update.last_update_reason = reason;
  update.subaccount_number = order.subaccount;
  return update;
}

kalshi::MarketPositionUpdate ToUpdate(const PositionState& position, std::string_view ticker,
                                      const WireIdCodec& wire_ids) {
  kalshi::MarketPositionUpdate update;
  update.user_id = wire_ids.Encode(position.account);
  update.market_ticker = ticker;
  update.position = position.position;
  update.position_cost = position.exposure;
  update.realized_pnl = position.realized_pnl;
  update.fees_paid = position.fees_paid;
  if (!position.position.is_zero()) update.position_fee_cost = position.fees_paid;
  update.volume = position.volume;
  update.subaccount = position.subaccount;
  return update;
}

kalshi::OrderbookSnapshot ToSnapshot(const MarketState& market, const WireIdCodec& wire_ids,
                                     bool use_yes_price) {
  kalshi::OrderbookSnapshot snapshot;
  snapshot.market_ticker = market.ticker;
  snapshot.market_id = wire_ids.Encode(market.market);
  snapshot.book = ToKalshi(market.book, /*depth=*/0);
  if (use_yes_price) {
    for (kalshi::BookLevel& level : snapshot.book.no) level.price = level.price.Complement();
  }
  return snapshot;
}

kalshi::TickerUpdate ToTicker(const MarketState& market, const WireIdCodec& wire_ids,
                              Timestamp time) {
  kalshi::TickerUpdate ticker;
  ticker.market_ticker = market.ticker;
  ticker.market_id = wire_ids.Encode(market.market);
  ticker.last_price = market.last_price.value_or(Price());
  ticker.yes_bid = market.BestBid().value_or(Price());
  ticker.yes_ask = market.BestAsk().value_or(Price::FromMicros(Price::kDollarMicros));
  if (!market.book.bids.empty()) ticker.yes_bid_size = market.book.bids.begin()->second;
  if (!market.book.asks.empty()) ticker.yes_ask_size = market.book.asks.begin()->second;
  ticker.last_trade_size = market.last_trade_size;
  ticker.volume = market.volume;
  ticker.open_interest = market.open_interest;
  ticker.dollar_volume = DollarsOf(market.volume);
  ticker.dollar_open_interest = DollarsOf(market.open_interest);
  ticker.time = time;
  return ticker;
}

kalshi::EventLifecycleUpdate ToLifecycle(const ReadModel::State& state, const EventState& event,
                                         const CatalogueFacts& facts) {
  const kalshi::Event view = ToKalshi(state, event, facts);
  kalshi::EventLifecycleUpdate update;
  update.event_ticker = view.event_ticker;
  update.title = view.title;
  update.subtitle = view.sub_title;
  update.collateral_return_type = view.collateral_return_type;
  update.series_ticker = view.series_ticker;
  update.strike_date = view.strike_date;
  update.strike_period = view.strike_period;
  return update;
}

kalshi::MarketLifecycleUpdate ToCreated(const ReadModel::State& state, const MarketState& market,
                                        const CatalogueFacts& facts) {
  const kalshi::Market view = ToKalshi(state, market, facts, market.update_time);
  kalshi::MarketLifecycleUpdate update;
  update.event_type = kalshi::MarketLifecycleEvent::kCreated;
  update.exchange_index = 0;
  update.open_time = view.open_time;
  update.close_time = view.close_time;
  update.price_level_structure = view.price_level_structure;
  update.price_ranges = view.price_ranges;
  kalshi::MarketCreationMetadata& metadata = update.additional_metadata.emplace();
  metadata.name = view.yes_sub_title;
  metadata.title = view.title;
  metadata.yes_sub_title = view.yes_sub_title;
  metadata.no_sub_title = view.no_sub_title;
  metadata.rules_primary = view.rules_primary;
  metadata.rules_secondary = view.rules_secondary;
  metadata.can_close_early = view.can_close_early;
  metadata.event_ticker = view.event_ticker;
  metadata.expected_expiration_time =
      view.expected_expiration_time ? view.expected_expiration_time : view.close_time;
  CopyStrike(view, metadata);
  return update;
}

kalshi::MarketLifecycleUpdate ToMetadataUpdated(const MarketState& market,
                                                const CatalogueFacts& facts) {
  const auto described = facts.OfMarket(market.facts_json);
  kalshi::MarketLifecycleUpdate update;
  update.event_type = kalshi::MarketLifecycleEvent::kMetadataUpdated;
  CopyStrike(described->market, update);
  update.yes_sub_title = described->market.yes_sub_title;
  return update;
}

}  // namespace evx::mock_kalshi
