#include "candles/candle_store.h"

#include <algorithm>
#include <utility>

#include "evx/core/arithmetic.h"
#include "evx/core/check.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

// What each length may use of the memory, of 32; half of it for trades and half for quotes.
constexpr std::array<std::size_t, kCandlePeriodCount> kShares = {10, 5, 4, 4, 3, 2, 2, 1, 1};
constexpr std::size_t kShareSum = 32;

template <class Period>
std::vector<CandleLog<Period>> MakeLogs(std::size_t bytes_max) {
  std::vector<CandleLog<Period>> logs;
  for (const std::size_t share : kShares) {
    const std::size_t bytes = bytes_max / 2 / kShareSum * share;
    logs.emplace_back(std::max<std::size_t>(1, bytes / CandleLog<Period>::kEntryBytes));
  }
  return logs;
}

// Nothing: it has no time.
std::optional<Timestamp> TimeOf(const pb::Envelope& envelope, std::int64_t event_time_ns) {
  const std::int64_t nanos = event_time_ns > 0 ? event_time_ns : envelope.received_ns();
  return nanos > 0 ? std::optional(Timestamp::FromNanos(nanos)) : std::nullopt;
}

}  // namespace

CandleStore::CandleStore(const Options& options)
    : markets_max_(options.markets_max),
      trade_logs_(MakeLogs<TradePeriod>(options.bytes_max)),
      quote_logs_(MakeLogs<QuotePeriod>(options.bytes_max)) {
  EVX_CHECK(markets_max_ > 0);
}

void CandleStore::OnMessage(Topic topic, std::string_view payload) {
  const int size = static_cast<int>(payload.size());
  if (topic == Topic::kTrades) {
    pb::TradeMessage message;
    if (message.ParseFromArray(payload.data(), size)) OnTrade(message);
  } else if (topic == Topic::kTickers) {
    pb::TickerMessage message;
    if (message.ParseFromArray(payload.data(), size)) OnTicker(message);
  }
}

void CandleStore::OnTrade(const pb::TradeMessage& message) {
  const Quantity quantity = Quantity::FromCentis(message.quantity_centis());
  if (!Price::IsValid(message.price_micros()) || quantity <= Quantity() ||
      quantity > kPeriodVolumeMax) {
    return;
  }
  const std::lock_guard lock(mutex_);
  Fold(message.envelope(), message.event_time_ns(),
       {Price::FromMicros(message.price_micros()), quantity}, Touch(message.market_ticker()).trades,
       trade_logs_);
}

void CandleStore::OnTicker(const pb::TickerMessage& message) {
  if (!Price::IsValid(message.bid_price_micros()) || !Price::IsValid(message.ask_price_micros())) {
    return;
  }
  const std::lock_guard lock(mutex_);
  Fold(
      message.envelope(), message.event_time_ns(),
      {Price::FromMicros(message.bid_price_micros()), Price::FromMicros(message.ask_price_micros()),
       Quantity::FromCentis(message.open_interest_centis())},
      Touch(message.market_ticker()).quotes, quote_logs_);
}

CandleStore::Market& CandleStore::Touch(std::string_view ticker) {
  if (const auto found = by_ticker_.find(ticker); found != by_ticker_.end()) {
    markets_.splice(markets_.begin(), markets_, found->second);
    return markets_.front();
  }
  if (markets_.size() == markets_max_) {
    by_ticker_.erase(markets_.back().ticker);
    markets_.pop_back();
  }
  markets_.emplace_front().ticker = ticker;
  by_ticker_.emplace(ticker, markets_.begin());
  return markets_.front();
}

template <class Period>
void CandleStore::Fold(const pb::Envelope& envelope, std::int64_t event_time_ns,
                       const typename Period::Tick& tick, Stream<Period>& stream,
                       Logs<Period>& logs) {
  const std::optional<Timestamp> time = TimeOf(envelope, event_time_ns);
  if (!time || envelope.sequence() <= stream.sequence) return;
  if (stream.sequence == 0) stream.is_whole = envelope.sequence() == 1;
  stream.sequence = envelope.sequence();
  stream.time = std::max(stream.time, *time);
  newest_ = std::max(newest_, *time);
  if (stream.series[0].current.end_seconds == 0 && !Period::Begins(tick)) return;
  for (std::size_t i = 0; i < kCandlePeriodCount; ++i) {
    Series<Period>& series = stream.series[i];
    const std::int64_t end = PeriodEnd(stream.time, kCandlePeriodSeconds[i]);
    if (series.current.end_seconds == end) {
      series.current.Include(tick);
      continue;
    }
    if (series.current.end_seconds != 0) {
      series.before = logs[i].Append(series.current, series.before);
    } else if (!stream.is_whole) {
      series.unknown_end_seconds = end;
    }
    series.current = Period::Open(end, series.current, tick);
  }
}

template <class Period>
CandleStore::Found<Period> CandleStore::Read(const Series<Period>& series,
                                             const CandleLog<Period>& log,
                                             std::int64_t period_seconds,
                                             const CandleRange& range) {
  Found<Period> found;
  const Period* period = &series.current;
  auto before = series.before;
  if (period->end_seconds == 0) return found;
  for (std::size_t count = 1;; ++count) {
    if (period->end_seconds <= range.last_end_seconds) found.periods.push_back(*period);
    if (period->end_seconds < range.first_end_seconds) break;
    const auto* entry = count < kPeriodsPerMarketMax ? log.Find(before) : nullptr;
    if (entry != nullptr) {
      period = &entry->period;
      before = entry->before;
      continue;
    }
    if (before != 0) {
      found.known_from_seconds = period->end_seconds;
      found.complete_from_seconds = period->end_seconds;
    } else if (series.unknown_end_seconds != 0) {
      found.known_from_seconds = series.unknown_end_seconds;
      found.complete_from_seconds = series.unknown_end_seconds + period_seconds;
    }
    break;
  }
  std::reverse(found.periods.begin(), found.periods.end());
  return found;
}

std::optional<CandleList> CandleStore::List(const CandleQuery& query) const {
  const std::optional<std::size_t> index = CandlePeriodIndex(query.period_seconds);
  EVX_CHECK(index.has_value());
  const std::int64_t length = query.period_seconds;
  const auto count_max = static_cast<std::int64_t>(query.count_max);
  CandleRange range{.period_seconds = length};
  Found<TradePeriod> trades;
  Found<QuotePeriod> quotes;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_ticker_.find(query.market_ticker);
    if (found == by_ticker_.end()) return std::nullopt;
    const Market& market = *found->second;
    const Timestamp until =
        query.is_followed ? newest_ : std::max(market.trades.time, market.quotes.time);
    range.last_end_seconds = PeriodEnd(until, length);
    if (query.max_end_seconds) {
      range.last_end_seconds = std::min(
          range.last_end_seconds, Multiply(DivideFloor(*query.max_end_seconds, length), length));
    }
    range.first_end_seconds = query.min_end_seconds
                                  ? Multiply(DivideCeil(*query.min_end_seconds, length), length)
                                  : range.last_end_seconds - (count_max - 1) * length;
    trades = Read(market.trades.series[*index], trade_logs_[*index], length, range);
    quotes = Read(market.quotes.series[*index], quote_logs_[*index], length, range);
  }
  CandleList list;
  const std::int64_t complete_from =
      std::max(trades.complete_from_seconds, quotes.complete_from_seconds);
  if (complete_from > range.first_end_seconds) list.complete_from_seconds = complete_from;
  if (trades.periods.empty() && quotes.periods.empty()) return list;
  std::int64_t earliest = range.last_end_seconds;
  if (!trades.periods.empty()) earliest = trades.periods.front().end_seconds;
  if (!quotes.periods.empty()) earliest = std::min(earliest, quotes.periods.front().end_seconds);
  range.first_end_seconds = std::max(
      {range.first_end_seconds, earliest, trades.known_from_seconds, quotes.known_from_seconds});
  const std::int64_t page_end = range.first_end_seconds + (count_max - 1) * length;
  list.has_more = page_end < range.last_end_seconds;
  range.last_end_seconds = std::min(range.last_end_seconds, page_end);
  list.candles = JoinCandles(range, trades.periods, quotes.periods);
  return list;
}

std::size_t CandleStore::period_count() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& log : trade_logs_) count += log.size();
  for (const auto& log : quote_logs_) count += log.size();
  return count;
}

}  // namespace evx::market_data
