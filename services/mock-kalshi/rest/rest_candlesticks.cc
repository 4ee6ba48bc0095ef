// Candlesticks of a market, of several markets and of an event.

#include <algorithm>
#include <utility>
#include <vector>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "read_model/candle_reads.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

// Candlesticks of a market that has become historical are read there.
bool IsLive(const ExchangeContext& context, const MarketState* market) {
  return market != nullptr && !IsHistorical(*market, context.clock.Now());
}

void GetMarketCandlesticks(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeCandlesticksQuery("GetMarketCandlesticks", request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  if (const auto fault = CheckCandleCount(*query, 1)) return reply.Error(*fault);
  kalshi::MarketCandlesticksResponse response;
  response.ticker = request.path_parameters[1];
  const MarketId market = context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* found = state.FindMarket(response.ticker);
    if (!IsLive(context, found)) return MarketId();
    const SeriesState& series = state.At(state.At(found->event).series);
    return series.ticker == request.path_parameters[0] ? found->market : MarketId();
  });
  if (!market) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  auto candles = ReadCandles(context, market, *query);
  if (!candles.ok()) return reply.Error(ToError(candles.status()));
  response.candlesticks = *std::move(candles);
  reply.Json(200, kalshi::EncodeJson(response));
}

// Tickers that are unknown or historical are left out.
void GetBatchCandlesticks(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query =
      kalshi::DecodeCandlesticksQuery("BatchGetMarketCandlesticks", request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  if (const auto fault = CheckCandleCount(*query, query->market_tickers.size())) {
    return reply.Error(*fault);
  }
  kalshi::BatchCandlesticksResponse response;
  for (const std::string& ticker : query->market_tickers) {
    const MarketId market = context.read_model.Read([&](const ReadModel::State& state) {
      const MarketState* found = state.FindMarket(ticker);
      return IsLive(context, found) ? found->market : MarketId();
    });
    if (!market) continue;
    auto candles = ReadCandles(context, market, *query);
    if (!candles.ok()) return reply.Error(ToError(candles.status()));
    response.markets.push_back({ticker, *std::move(candles)});
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

// A range that is too long for the event's markets is cut at its end, and the answer says where.
void GetEventCandlesticks(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  auto query =
      kalshi::DecodeCandlesticksQuery("GetMarketCandlesticksByEvent", request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  kalshi::CandlesticksQuery range = *query;
  kalshi::EventCandlesticksResponse response;
  std::vector<MarketId> markets;
  const bool known = context.read_model.Read([&](const ReadModel::State& state) {
    const EventState* event = state.FindEvent(request.path_parameters[1]);
    if (event == nullptr || state.At(event->series).ticker != request.path_parameters[0]) {
      return false;
    }
    markets = event->markets;
    for (const MarketId market : markets)
      response.market_tickers.push_back(state.At(market).ticker);
    return true;
  });
  if (!known) return reply.Error(kalshi::MakeError(error::kNotFound));

  const std::int64_t most = static_cast<std::int64_t>(kalshi::kCandlestickCountMax) /
                            std::max<std::int64_t>(1, static_cast<std::int64_t>(markets.size()));
  if (CountPeriods(range) > most) {
    const std::int64_t period = static_cast<std::int64_t>(range.period) * 60;
    range.end_time = Timestamp::FromSeconds(
        std::min(range.end_time.seconds(), range.start_time.seconds() + (most - 1) * period));
  }
  response.adjusted_end = range.end_time;
  for (const MarketId market : markets) {
    auto candles = ReadCandles(context, market, range);
    if (!candles.ok()) return reply.Error(ToError(candles.status()));
    response.market_candlesticks.push_back(*std::move(candles));
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

}  // namespace

void AddCandlestickRoutes(RestRouter& router, const ExchangeContext& context) {
  AddPublicRead(router, context, "/trade-api/v2/markets/candlesticks", "BatchGetMarketCandlesticks",
                GetBatchCandlesticks);
  AddPublicRead(router, context,
                "/trade-api/v2/series/{series_ticker}/markets/{ticker}/candlesticks",
                "GetMarketCandlesticks", GetMarketCandlesticks);
  AddPublicRead(router, context,
                "/trade-api/v2/series/{series_ticker}/events/{ticker}/candlesticks",
                "GetMarketCandlesticksByEvent", GetEventCandlesticks);
}

}  // namespace evx::mock_kalshi
