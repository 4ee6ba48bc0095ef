#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "stream/stream_name.h"
#include "stream/stream_publisher.h"

// News of streams for tests, each in one line.

namespace evx::gateway {

inline constexpr int kBid = common::v1::BOOK_SIDE_BID;
inline constexpr int kAsk = common::v1::BOOK_SIDE_ASK;

inline v1::BookLevel LevelOf(int side, std::int64_t price_cents, std::int64_t quantity) {
  v1::BookLevel level;
  level.set_side(static_cast<common::v1::BookSide>(side));
  level.set_price_micros(price_cents * 10'000);
  level.set_quantity_centis(quantity);
  return level;
}

inline StreamNews BookNews(const std::string& stream, const std::vector<v1::BookLevel>& levels,
                           bool is_whole = false, std::int64_t number = 1) {
  v1::ServerMessage message;
  v1::BookUpdate& update = *message.mutable_book_update();
  for (const auto& level : levels) *update.add_levels() = level;
  update.set_is_whole(is_whole);
  update.mutable_health()->set_state(v1::BOOK_STATE_LIVE);
  update.mutable_health()->set_book_sequence(number);
  return {stream, std::move(message)};
}

inline v1::Trade TradeOf(const std::string& id) {
  v1::Trade trade;
  trade.set_trade_id(id);
  trade.set_price_micros(500'000);
  return trade;
}

inline StreamNews TradeNews(const std::string& stream, const std::string& id) {
  v1::ServerMessage message;
  *message.mutable_trades()->add_trades() = TradeOf(id);
  return {stream, std::move(message)};
}

inline StreamNews TradesState(const std::string& stream, const std::vector<std::string>& ids) {
  v1::InitialState state;
  v1::Trades& trades = *state.mutable_trades();
  for (const auto& id : ids) *trades.add_trades() = TradeOf(id);
  return {stream, std::move(state)};
}

inline StreamNews TickerNews(const std::string& ticker, std::int64_t bid) {
  v1::ServerMessage message;
  v1::MarketTicker& added = *message.mutable_market_ticker()->add_tickers();
  added.set_market_ticker(ticker);
  added.set_bid_price_micros(bid);
  return {std::string(kMarketsStream), std::move(message)};
}

inline StreamNews MarketsState(const std::vector<std::string>& tickers) {
  v1::InitialState state;
  v1::MarketRows& rows = *state.mutable_markets();
  for (const auto& ticker : tickers) {
    rows.add_rows()->mutable_market()->set_market_ticker(ticker);
  }
  return {std::string(kMarketsStream), std::move(state)};
}

inline exchange::v1::Order OrderOf(const std::string& id, std::int64_t remaining) {
  exchange::v1::Order order;
  order.set_order_id(id);
  order.set_remaining_quantity_centis(remaining);
  order.set_status(remaining > 0 ? exchange::v1::ORDER_STATUS_RESTING
                                 : exchange::v1::ORDER_STATUS_CANCELED);
  return order;
}

inline StreamNews OrderNews(const std::string& stream, const std::string& id,
                            std::int64_t remaining) {
  v1::ServerMessage message;
  *message.mutable_update_portfolio()->add_orders() = OrderOf(id, remaining);
  return {stream, std::move(message)};
}

inline StreamNews PortfolioState(const std::string& stream, std::int64_t cash) {
  v1::InitialState state;
  state.mutable_portfolio()->mutable_balance()->set_cash_micros(cash);
  return {stream, std::move(state)};
}

inline StreamNews LogNews(const std::string& detail) {
  v1::ServerMessage message;
  message.mutable_log()->add_lines()->set_detail(detail);
  return {std::string(kLogStream), std::move(message)};
}

}  // namespace evx::gateway
