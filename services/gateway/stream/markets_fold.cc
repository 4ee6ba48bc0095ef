#include "stream/markets_fold.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::gateway {

void MarketsFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_markets());
  DropNews();
  std::map<std::string, v1::MarketRow> old = std::move(rows_);
  rows_.clear();
  for (const v1::MarketRow& row : state.markets().rows()) {
    v1::MarketRow& added = rows_[row.market().market_ticker()];
    added = row;
    const auto known = old.find(row.market().market_ticker());
    if (known == old.end() || !known->second.has_ticker()) continue;
    if (row.has_ticker() &&
        row.ticker().event_time_ns() >= known->second.ticker().event_time_ns()) {
      continue;
    }
    *added.mutable_ticker() = known->second.ticker();
  }
  has_state_ = true;
}

void MarketsFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_market_ticker());
  for (const v1::Market& market : change.market_ticker().markets()) {
    v1::MarketRow& row = rows_[market.market_ticker()];
    *row.mutable_market() = market;
    new_markets_.insert(&row);
    // Its prices may have come before it.
    if (row.has_ticker()) new_tickers_.insert(&row);
  }
  for (const v1::MarketTicker& ticker : change.market_ticker().tickers()) {
    v1::MarketRow& row = rows_[ticker.market_ticker()];
    if (row.has_ticker() && ticker.event_time_ns() < row.ticker().event_time_ns()) continue;
    *row.mutable_ticker() = ticker;
    new_tickers_.insert(&row);
  }
}

void MarketsFold::TakeNews(v1::ServerMessage& message) {
  v1::MarketsUpdate& update = *message.mutable_market_ticker();
  for (const v1::MarketRow* row : new_markets_) *update.add_markets() = row->market();
  for (const v1::MarketRow* row : new_tickers_) {
    if (row->has_market()) *update.add_tickers() = row->ticker();
  }
  DropNews();
}

void MarketsFold::DropNews() {
  new_markets_.clear();
  new_tickers_.clear();
}

void MarketsFold::State(v1::InitialState& state) const {
  v1::MarketRows& table = *state.mutable_markets();
  for (const auto& [ticker, row] : rows_) {
    if (row.has_market()) *table.add_rows() = row;
  }
}

}  // namespace evx::gateway
