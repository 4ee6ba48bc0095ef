#include "read_model/candles.h"

#include <algorithm>

#include "evx/core/arithmetic.h"
#include "evx/core/check.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

Ohlc Flat(Price price) { return {price, price, price, price}; }

void Include(Ohlc& ohlc, Price price) {
  ohlc.high = std::max(ohlc.high, price);
  ohlc.low = std::min(ohlc.low, price);
  ohlc.close = price;
}

// A period in which nothing has changed yet, as it follows from the candle before it.
CandleRow Following(const CandleRow& before, std::int64_t end_period_seconds) {
  CandleRow row;
  row.market = before.market;
  row.end_period_seconds = end_period_seconds;
  row.yes_bid = Flat(before.yes_bid.close);
  row.yes_ask = Flat(before.yes_ask.close);
  row.previous = before.trade ? std::optional(before.trade->close) : before.previous;
  row.open_interest = before.open_interest;
  return row;
}

}  // namespace

std::optional<std::size_t> CandlePeriodIndex(std::int64_t period_minutes) {
  for (std::size_t i = 0; i < kCandlePeriodCount; ++i) {
    if (kCandlePeriodMinutes[i] == period_minutes) return i;
  }
  return std::nullopt;
}

std::int64_t PeriodEnd(Timestamp time, std::int64_t period_minutes) {
  const std::int64_t period_seconds = 60 * period_minutes;
  return Multiply(DivideCeil(time.nanos(), period_seconds * kNanosPerSecond), period_seconds);
}

void CandleLevels::Set(Price price, Quantity quantity) {
  auto level = levels_.end();
  while (level != levels_.begin() && IsBetter((level - 1)->first, price)) --level;
  // Everything from `level` on is better than `price`.
  const bool is_there = level != levels_.begin() && (level - 1)->first == price;
  if (quantity.is_zero()) {
    if (is_there) levels_.erase(level - 1);
  } else if (is_there) {
    (level - 1)->second = quantity;
  } else {
    levels_.insert(level, {price, quantity});
  }
}

std::optional<Price> CandleLevels::Best() const {
  return levels_.empty() ? std::nullopt : std::optional(levels_.back().first);
}

MarketCandles& CandleBuilder::At(MarketId id) {
  MarketCandles& market = markets_[id];
  market.market = id;
  return market;
}

MarketCandles& CandleBuilder::Touch(MarketId id) {
  MarketCandles& market = At(id);
  if (!market.touched) {
    market.touched = true;
    touched_.push_back(id);
    // A market that stands somewhere opens its new periods there, before this record's changes.
    if (market.started) Roll(market);
  }
  return market;
}

// Opens the periods that `time_` lies in, with what stands.
void CandleBuilder::Roll(MarketCandles& market) {
  for (std::size_t i = 0; i < kCandlePeriodCount; ++i) {
    CandleRow& row = market.current[i];
    const std::int64_t end = PeriodEnd(time_, kCandlePeriodMinutes[i]);
    if (row.end_period_seconds == end) continue;
    if (row.end_period_seconds != 0) finished_({kCandlePeriodMinutes[i], row});
    row = CandleRow();
    row.market = market.market;
    row.end_period_seconds = end;
    row.yes_bid = Flat(market.bid);
    row.yes_ask = Flat(market.ask);
    row.previous = market.last_trade;
    row.open_interest = market.open_interest;
  }
}

void CandleBuilder::OnEvent(const venue::BookChanged& event) {
  MarketCandles& market = Touch(event.market);
  (event.side == BookSide::kBid ? market.bids : market.asks).Set(event.price, event.quantity_after);
}

void CandleBuilder::OnEvent(const venue::BookCleared& event) {
  MarketCandles& market = Touch(event.market);
  market.bids.Clear();
  market.asks.Clear();
}

void CandleBuilder::OnEvent(const venue::TradeExecuted& event) {
  MarketCandles& market = Touch(event.market);
  if (!market.started) {
    market.started = true;
    market.opening = true;
    Roll(market);
  }
  market.last_trade = event.price;
  market.open_interest = event.open_interest_after;
  for (CandleRow& row : market.current) {
    if (!row.trade) {
      row.trade = Flat(event.price);
    } else {
      Include(*row.trade, event.price);
    }
    row.trade_value += event.price * event.quantity;
    row.volume += event.quantity;
  }
}

void CandleBuilder::OnEvent(const venue::TradeBusted& event) {
  Touch(event.market).open_interest = event.open_interest_after;
}

void CandleBuilder::OnEvent(const venue::MarketSettled& event) {
  MarketCandles& market = Touch(event.market);
  market.bids.Clear();
  market.asks.Clear();
  market.open_interest = Quantity();
  ApplyQuotes(market);
  for (std::size_t i = 0; i < kCandlePeriodCount; ++i) {
    if (market.started) finished_({kCandlePeriodMinutes[i], market.current[i]});
  }
  markets_.erase(event.market);
}

void CandleBuilder::OnEvent(const venue::MarketStatisticsRestored& event) {
  if (event.settlement_time) {
    markets_.erase(event.market);
    return;
  }
  MarketCandles& market = At(event.market);
  market.open_interest = event.open_interest;
  if (event.has_last_price) {
    market.last_trade = event.last_price;
    market.started = true;
  }
}

void CandleBuilder::ApplyQuotes(MarketCandles& market) {
  market.bid = market.bids.Best().value_or(Price());
  market.ask = market.asks.Best().value_or(Price::FromMicros(Price::kDollarMicros));
  if (!market.started) {
    // The first quote opens the first period. An empty book is none.
    if (!market.bids.Best() && !market.asks.Best()) return;
    market.started = true;
    Roll(market);
  }
  for (CandleRow& row : market.current) {
    if (market.opening) {
      row.yes_bid = Flat(market.bid);
      row.yes_ask = Flat(market.ask);
    }
    Include(row.yes_bid, market.bid);
    Include(row.yes_ask, market.ask);
    row.open_interest = market.open_interest;
  }
  market.opening = false;
}

void CandleBuilder::EndRecord() {
  for (const MarketId id : touched_) {
    const auto found = markets_.find(id);
    if (found == markets_.end()) continue;  // Settled.
    MarketCandles& market = found->second;
    market.touched = false;
    ApplyQuotes(market);
    if (market.changed || !market.started) continue;
    market.changed = true;
    changed_.push_back(id);
  }
  touched_.clear();
}

void CandleBuilder::RestoreLevel(MarketId market, BookSide side, Price price, Quantity quantity) {
  MarketCandles& candles = At(market);
  (side == BookSide::kBid ? candles.bids : candles.asks).Set(price, quantity);
}

void CandleBuilder::RestoreQuotes(std::optional<Timestamp> open_at) {
  if (open_at) time_ = *open_at;
  for (auto& [id, market] : markets_) {
    market.bid = market.bids.Best().value_or(Price());
    market.ask = market.asks.Best().value_or(Price::FromMicros(Price::kDollarMicros));
    if (market.bids.Best() || market.asks.Best()) market.started = true;
    if (!open_at || !market.started) continue;
    Roll(market);
    market.changed = true;
    changed_.push_back(id);
  }
}

void CandleBuilder::RestoreCandle(const PeriodCandle& candle) {
  const auto index = CandlePeriodIndex(candle.period_minutes);
  EVX_CHECK(index.has_value());
  MarketCandles& market = At(candle.row.market);
  market.started = true;
  market.current[*index] = candle.row;
  market.last_trade =
      candle.row.trade ? std::optional(candle.row.trade->close) : candle.row.previous;
  market.open_interest = candle.row.open_interest;
}

void CandleBuilder::TakeChanged(const std::function<void(const PeriodCandle&)>& visit) {
  for (const MarketId id : changed_) {
    const auto found = markets_.find(id);
    if (found == markets_.end()) continue;
    found->second.changed = false;
    for (std::size_t i = 0; i < kCandlePeriodCount; ++i) {
      visit({kCandlePeriodMinutes[i], found->second.current[i]});
    }
  }
  changed_.clear();
}

const MarketCandles* CandleBuilder::Find(MarketId market) const {
  const auto found = markets_.find(market);
  return found == markets_.end() || !found->second.started ? nullptr : &found->second;
}

std::vector<CandleRow> FillCandles(const CandleQuery& query, const std::vector<CandleRow>& known,
                                   Timestamp until) {
  std::vector<CandleRow> rows;
  if (known.empty()) return rows;
  const std::int64_t period_seconds = 60 * query.period_minutes;
  const std::int64_t last =
      std::max(known.back().end_period_seconds, PeriodEnd(until, query.period_minutes));
  const std::int64_t first =
      std::max(known.front().end_period_seconds,
               Multiply(DivideCeil(query.min_end_seconds, period_seconds), period_seconds));
  auto next = known.begin();
  const CandleRow* before = nullptr;
  for (std::int64_t end = first; end <= std::min(last, query.max_end_seconds);
       end += period_seconds) {
    while (next != known.end() && next->end_period_seconds <= end) before = &*next++;
    if (rows.size() >= query.limit) break;
    rows.push_back(before->end_period_seconds == end ? *before : Following(*before, end));
  }
  return rows;
}

}  // namespace evx::mock_kalshi
