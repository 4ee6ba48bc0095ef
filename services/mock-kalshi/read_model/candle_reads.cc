#include "read_model/candle_reads.h"

#include <algorithm>
#include <utility>

#include "conversions.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

std::int64_t PeriodSeconds(const kalshi::CandlesticksQuery& query) {
  return static_cast<std::int64_t>(query.period) * 60;
}

kalshi::QuoteCandle ToQuote(const Ohlc& ohlc) {
  return {ohlc.open, ohlc.low, ohlc.high, ohlc.close};
}

kalshi::Candlestick ToCandlestick(const CandleRow& row) {
  kalshi::Candlestick candle;
  candle.end_period = Timestamp::FromSeconds(row.end_period_seconds);
  candle.yes_bid = ToQuote(row.yes_bid);
  candle.yes_ask = ToQuote(row.yes_ask);
  if (row.trade) {
    candle.price.open = row.trade->open;
    candle.price.low = row.trade->low;
    candle.price.high = row.trade->high;
    candle.price.close = row.trade->close;
    candle.price.mean = AverageOver(row.trade_value, row.volume);
  }
  candle.price.previous = row.previous;
  candle.volume = row.volume;
  candle.open_interest = row.open_interest;
  return candle;
}

kalshi::Candlestick Continuation(const CandleRow& before, Timestamp end) {
  kalshi::Candlestick candle;
  candle.end_period = end;
  const auto flat = [](Price price) { return kalshi::QuoteCandle{price, price, price, price}; };
  candle.yes_bid = flat(before.yes_bid.close);
  candle.yes_ask = flat(before.yes_ask.close);
  candle.price.previous = before.trade ? std::optional(before.trade->close) : before.previous;
  candle.open_interest = before.open_interest;
  return candle;
}

}  // namespace

std::int64_t CountPeriods(const kalshi::CandlesticksQuery& query) {
  const std::int64_t period = PeriodSeconds(query);
  return std::max<std::int64_t>(
      query.end_time.seconds() / period - (query.start_time.seconds() + period - 1) / period + 1,
      0);
}

std::optional<kalshi::Error> CheckCandleCount(const kalshi::CandlesticksQuery& query,
                                              std::size_t market_count) {
  const auto most = static_cast<std::int64_t>(kalshi::kCandlestickCountMax);
  if (CountPeriods(query) <=
      most / std::max<std::int64_t>(1, static_cast<std::int64_t>(market_count))) {
    return std::nullopt;
  }
  return kalshi::MakeError(kalshi::error::kInvalidParameters,
                           "more than 10000 candlesticks requested");
}

absl::StatusOr<std::vector<kalshi::Candlestick>> ReadCandles(
    const ExchangeContext& context, MarketId market, const kalshi::CandlesticksQuery& query) {
  CandleQuery rows_query;
  rows_query.market = market;
  rows_query.period_minutes = static_cast<std::int64_t>(query.period);
  rows_query.min_end_seconds = query.start_time.seconds();
  rows_query.max_end_seconds = query.end_time.seconds();
  std::vector<kalshi::Candlestick> candles;
  if (query.include_latest_before_start) {
    const std::int64_t period = PeriodSeconds(query);
    CandleQuery before = rows_query;
    before.min_end_seconds = query.start_time.seconds() - period;
    before.max_end_seconds = query.start_time.seconds() - 1;
    EVX_ASSIGN_OR_RETURN(const auto rows, context.candles.ListCandles(before));
    if (!rows.empty()) {
      const std::int64_t boundary = (query.start_time.seconds() / period + 1) * period;
      candles.push_back(Continuation(rows.back(), Timestamp::FromSeconds(boundary)));
    }
  }
  EVX_ASSIGN_OR_RETURN(const auto rows, context.candles.ListCandles(rows_query));
  for (const CandleRow& row : rows) candles.push_back(ToCandlestick(row));
  return candles;
}

}  // namespace evx::mock_kalshi
