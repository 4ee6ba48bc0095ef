#include "candles/candle.h"

#include <algorithm>

#include "evx/core/arithmetic.h"

namespace evx::market_data {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

Ohlc Flat(Price price) { return {price, price, price, price}; }

void Widen(Ohlc& ohlc, Price price) {
  ohlc.high = std::max(ohlc.high, price);
  ohlc.low = std::min(ohlc.low, price);
  ohlc.close = price;
}

// Per contract; volume above 0. Favors nobody, and nobody is paid by it.
Money MeanOf(Money value, Quantity volume) {
  return Money::FromMicros(DivideHalfEven(Multiply(value.micros(), 100), volume.centis()));
}

// The last one that ends at `end` or earlier; `next` is behind it. end_seconds 0: none.
template <class Period>
const Period& Advance(const std::vector<Period>& periods, std::size_t& next, std::int64_t end) {
  static const Period kNone;
  while (next < periods.size() && periods[next].end_seconds <= end) ++next;
  return next == 0 ? kNone : periods[next - 1];
}

void AddTrades(const TradePeriod& period, Candle& candle) {
  if (period.end_seconds != candle.end_seconds) {
    candle.previous_trade = period.price.close;
    return;
  }
  candle.trade = period.price;
  candle.previous_trade = period.previous;
  candle.mean_trade = MeanOf(period.value, period.volume);
  candle.volume = period.volume;
}

void AddQuotes(const QuotePeriod& period, Candle& candle) {
  const bool has_changed = period.end_seconds == candle.end_seconds;
  candle.bid = has_changed ? period.bid : Flat(period.bid.close);
  candle.ask = has_changed ? period.ask : Flat(period.ask.close);
  candle.open_interest = period.open_interest;
}

}  // namespace

std::optional<std::size_t> CandlePeriodIndex(std::int64_t period_seconds) {
  for (std::size_t i = 0; i < kCandlePeriodCount; ++i) {
    if (kCandlePeriodSeconds[i] == period_seconds) return i;
  }
  return std::nullopt;
}

std::int64_t PeriodEnd(Timestamp time, std::int64_t period_seconds) {
  return Multiply(DivideCeil(time.nanos(), Multiply(period_seconds, kNanosPerSecond)),
                  period_seconds);
}

TradePeriod TradePeriod::Open(std::int64_t end_seconds, const TradePeriod& before,
                              const TradeTick& tick) {
  TradePeriod period;
  period.end_seconds = end_seconds;
  period.price = Flat(tick.price);
  if (before.end_seconds != 0) period.previous = before.price.close;
  period.value = tick.price * tick.quantity;
  period.volume = tick.quantity;
  return period;
}

void TradePeriod::Include(const TradeTick& tick) {
  Widen(price, tick.price);
  if (volume + tick.quantity > kPeriodVolumeMax) return;
  value += tick.price * tick.quantity;
  volume += tick.quantity;
}

QuotePeriod QuotePeriod::Open(std::int64_t end_seconds, const QuotePeriod& before,
                              const QuoteTick& tick) {
  QuotePeriod period;
  period.end_seconds = end_seconds;
  const bool is_first = before.end_seconds == 0;
  period.bid = Flat(is_first ? tick.bid : before.bid.close);
  period.ask = Flat(is_first ? tick.ask : before.ask.close);
  period.Include(tick);
  return period;
}

bool QuotePeriod::Begins(const QuoteTick& tick) {
  return tick.bid > Price() || tick.ask < Price::FromMicros(Price::kDollarMicros);
}

void QuotePeriod::Include(const QuoteTick& tick) {
  Widen(bid, tick.bid);
  Widen(ask, tick.ask);
  open_interest = tick.open_interest;
}

std::vector<Candle> JoinCandles(const CandleRange& range, const std::vector<TradePeriod>& trades,
                                const std::vector<QuotePeriod>& quotes) {
  std::vector<Candle> candles;
  std::size_t next_trade = 0;
  std::size_t next_quote = 0;
  for (std::int64_t end = range.first_end_seconds; end <= range.last_end_seconds;
       end += range.period_seconds) {
    const TradePeriod& trade = Advance(trades, next_trade, end);
    const QuotePeriod& quote = Advance(quotes, next_quote, end);
    if (trade.end_seconds == 0 && quote.end_seconds == 0) continue;
    Candle& candle = candles.emplace_back();
    candle.end_seconds = end;
    if (trade.end_seconds != 0) AddTrades(trade, candle);
    if (quote.end_seconds != 0) AddQuotes(quote, candle);
  }
  return candles;
}

}  // namespace evx::market_data
