#include "read_model/market_list.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "evx/core/status.h"
#include "evx/kalshi/cursor.h"
#include "read_model/historical_cutoff.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

// Above or at `low`, below or at `high`, where they are set.
bool Within(Timestamp time, Timestamp low, Timestamp high) {
  return (!low || time >= low) && (!high || time <= high);
}

bool Matches(const ReadModel::State& state, const MarketState& market,
             const kalshi::MarketsQuery& query) {
  if (query.mve_filter == kalshi::MveFilter::kOnly) return false;
  const EventState& event = state.At(market.event);
  if (!query.event_ticker.empty() && event.ticker != query.event_ticker) return false;
  if (!query.series_ticker.empty() && state.At(event.series).ticker != query.series_ticker) {
    return false;
  }
  if (query.status && !mock_kalshi::Matches(market.status, *query.status)) return false;
  const bool by_settlement = query.min_settled_time || query.max_settled_time;
  if (by_settlement && market.status != venue::MarketStatus::kFinalized) return false;
  return Within(market.create_time, query.min_created_time, query.max_created_time) &&
         Within(market.update_time, query.min_updated_time, Timestamp()) &&
         Within(market.close_time, query.min_close_time, query.max_close_time) &&
         Within(market.settlement_time, query.min_settled_time, query.max_settled_time);
}

// The candidates, newest first, behind the cursor.
template <class Visit>
void VisitCandidates(const ReadModel::State& state, const kalshi::MarketsQuery& query,
                     std::uint32_t before, Visit visit) {
  const auto end = static_cast<std::uint32_t>(state.markets.size());
  if (!query.tickers.empty() || !query.event_ticker.empty()) {
    std::vector<MarketId> ids;
    if (!query.tickers.empty()) {
      for (const std::string& ticker : query.tickers) {
        if (const MarketState* market = state.FindMarket(ticker)) ids.push_back(market->market);
      }
    } else if (const EventState* event = state.FindEvent(query.event_ticker)) {
      ids = event->markets;
    }
    std::sort(ids.begin(), ids.end(), std::greater<>());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (const MarketId id : ids) {
      if (id.value() < before && !visit(state.At(id))) return;
    }
    return;
  }
  for (std::uint32_t id = std::min(end, before - 1); id > 0; --id) {
    const MarketState& market = state.markets[id - 1];
    if (market.market && !visit(market)) return;
  }
}

kalshi::Trade ToTrade(const TradeRow& row, std::string_view ticker, const WireIdCodec& wire_ids) {
  kalshi::Trade trade;
  trade.trade_id = wire_ids.Encode(row.trade_id);
  trade.ticker = ticker;
  trade.count = row.quantity;
  trade.yes_price = row.price;
  trade.taker_side = row.taker_side;
  trade.created_time = row.time;
  return trade;
}

}  // namespace

kalshi::MarketsResponse ListMarkets(const ExchangeContext& context,
                                    const kalshi::MarketsQuery& query, bool historical) {
  const auto cursor = kalshi::ParseCursor(query.page.cursor, kMarketsCursor);
  const std::uint32_t before =
      cursor ? static_cast<std::uint32_t>(std::clamp<std::int64_t>(cursor->position, 1, UINT32_MAX))
             : UINT32_MAX;
  // 0 is allowed and means the default page.
  const auto limit = static_cast<std::size_t>(query.page.limit > 0 ? query.page.limit : 100);
  const Timestamp now = context.clock.Now();
  kalshi::MarketsResponse response;
  MarketId last;
  bool more = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    VisitCandidates(state, query, before, [&](const MarketState& market) {
      if (IsHistorical(market, now) != historical || !Matches(state, market, query)) return true;
      if (response.markets.size() == limit) {
        more = true;
        return false;
      }
      response.markets.push_back(ToKalshi(state, market, context.catalogue_facts, now));
      last = market.market;
      return true;
    });
  });
  if (more) {
    response.cursor = kalshi::FormatCursor({kMarketsCursor, last.value(), 0, ""});
  }
  return response;
}

absl::StatusOr<kalshi::TradesResponse> ListTrades(const ExchangeContext& context,
                                                  const kalshi::TradesQuery& query,
                                                  bool historical) {
  kalshi::TradesResponse response;
  if (query.is_block_trade.value_or(false)) return response;  // There are no block trades.
  TradeQuery rows_query;
  rows_query.markets = MarketsOf(context, {query.ticker}, {});
  if (!query.ticker.empty() && rows_query.markets.empty()) return response;
  const auto limit = static_cast<std::size_t>(query.page.limit > 0 ? query.page.limit : 100);
  rows_query.limit = static_cast<std::uint32_t>(limit + 1);
  rows_query.min_time = IfSet(query.min_time);
  rows_query.max_time = IfSet(query.max_time);
  KeepSide(historical, HistoricalCutoff(context.clock.Now()).trades_created_time,
           rows_query.min_time, rows_query.max_time);
  if (const auto cursor = kalshi::ParseCursor(query.page.cursor, kTradesCursor)) {
    rows_query.before = TradeId(static_cast<std::uint64_t>(cursor->position));
  }
  EVX_ASSIGN_OR_RETURN(std::vector<TradeRow> rows, context.history.ListTrades(rows_query));
  const bool more = CutToPage(rows, limit);
  const std::vector<std::string> tickers = TickersOf(context, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    response.trades.push_back(ToTrade(rows[i], tickers[i], context.wire_ids));
  }
  if (more) {
    response.cursor = kalshi::FormatCursor(
        {kTradesCursor, static_cast<std::int64_t>(rows.back().trade_id.value()), 0, ""});
  }
  return response;
}

}  // namespace evx::mock_kalshi
