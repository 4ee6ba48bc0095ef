// Data older than the cutoff: the cutoff itself, markets, their candlesticks, trades. Orders, fills
// and positions of an account are with their live forms.

#include <utility>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "evx/kalshi/queries.h"
#include "read_model/candle_reads.h"
#include "read_model/historical_cutoff.h"
#include "read_model/market_list.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

void GetCutoff(const ExchangeContext& context, RestRequest&, RestReply reply) {
  reply.Json(200, kalshi::EncodeJson(HistoricalCutoff(context.clock.Now())));
}

void GetMarkets(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeHistoricalMarketsQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  reply.Json(200, kalshi::EncodeJson(ListMarkets(context, *query, /*historical=*/true)));
}

void GetMarket(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const Timestamp now = context.clock.Now();
  std::optional<kalshi::Market> market;
  context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* known = state.FindMarket(request.path_parameters[0]);
    if (known == nullptr || !IsHistorical(*known, now)) return;
    market = ToKalshi(state, *known, context.catalogue_facts, now);
  });
  if (!market) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  reply.Json(200, kalshi::EncodeJson(kalshi::MarketResponse{*std::move(market)}));
}

void GetCandlesticks(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query =
      kalshi::DecodeCandlesticksQuery("GetMarketCandlesticksHistorical", request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  if (const auto fault = CheckCandleCount(*query, 1)) return reply.Error(*fault);
  kalshi::HistoricalCandlesticksResponse response;
  response.ticker = request.path_parameters[0];
  const Timestamp now = context.clock.Now();
  const MarketId market = context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* known = state.FindMarket(response.ticker);
    return known != nullptr && IsHistorical(*known, now) ? known->market : MarketId();
  });
  if (!market) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  auto candles = ReadCandles(context, market, *query);
  if (!candles.ok()) return reply.Error(ToError(candles.status()));
  response.candlesticks = *std::move(candles);
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetTrades(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeTradesQuery("GetTradesHistorical", request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  const auto trades = ListTrades(context, *query, /*historical=*/true);
  if (!trades.ok()) return reply.Error(ToError(trades.status()));
  reply.Json(200, kalshi::EncodeJson(*trades));
}

}  // namespace

void AddHistoricalRoutes(RestRouter& router, const ExchangeContext& context) {
  AddPublicRead(router, context, "/trade-api/v2/historical/cutoff", "GetHistoricalCutoff",
                GetCutoff);
  AddPublicRead(router, context, "/trade-api/v2/historical/markets", "GetHistoricalMarkets",
                GetMarkets);
  AddPublicRead(router, context, "/trade-api/v2/historical/markets/{ticker}", "GetHistoricalMarket",
                GetMarket);
  AddPublicRead(router, context, "/trade-api/v2/historical/markets/{ticker}/candlesticks",
                "GetMarketCandlesticksHistorical", GetCandlesticks);
  AddPublicRead(router, context, "/trade-api/v2/historical/trades", "GetTradesHistorical",
                GetTrades);
}

}  // namespace evx::mock_kalshi
