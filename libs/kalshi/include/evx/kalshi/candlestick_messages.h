#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/kalshi/messages.h"

// Candlesticks, in the live shape (open_dollars, volume_fp) and the historical one (open, volume).
// Encoded and decoded as messages.h says.

namespace evx::kalshi {

// Open, high, low and close of the best bid or ask.
struct QuoteCandle {
  Price open;
  Price low;
  Price high;
  Price close;
  friend bool operator==(const QuoteCandle&, const QuoteCandle&) = default;
};

// Of trades. Without a trade in the period all but `previous` are absent: left out in the live
// shape, null in the historical one.
struct TradeCandle {
  std::optional<Price> open;
  std::optional<Price> low;
  std::optional<Price> high;
  std::optional<Price> close;
  // Weighted by count.
  std::optional<Money> mean;
  // The last trade before the period.
  std::optional<Price> previous;
  // Over markets' closes, where candles of several markets are joined; live shape only.
  std::optional<Price> min;
  std::optional<Price> max;
  friend bool operator==(const TradeCandle&, const TradeCandle&) = default;
};

struct Candlestick {
  // Inclusive end of the period.
  Timestamp end_period;
  QuoteCandle yes_bid;
  QuoteCandle yes_ask;
  TradeCandle price;
  Quantity volume;
  // At the end of the period.
  Quantity open_interest;
  friend bool operator==(const Candlestick&, const Candlestick&) = default;
};

// GET /series/{series_ticker}/markets/{ticker}/candlesticks.
struct MarketCandlesticksResponse {
  std::string ticker;
  std::vector<Candlestick> candlesticks;
  friend bool operator==(const MarketCandlesticksResponse&,
                         const MarketCandlesticksResponse&) = default;
};

// GET /historical/markets/{ticker}/candlesticks.
struct HistoricalCandlesticksResponse {
  std::string ticker;
  std::vector<Candlestick> candlesticks;
};

// GET /series/{series_ticker}/events/{ticker}/candlesticks: one list for each market, in the order
// of the tickers.
struct EventCandlesticksResponse {
  std::vector<std::string> market_tickers;
  std::vector<std::vector<Candlestick>> market_candlesticks;
  Timestamp adjusted_end;
};

struct BatchCandlesticks {
  std::string market_ticker;
  std::vector<Candlestick> candlesticks;
  friend bool operator==(const BatchCandlesticks&, const BatchCandlesticks&) = default;
};

// GET /markets/candlesticks.
struct BatchCandlesticksResponse {
  std::vector<BatchCandlesticks> markets;
  friend bool operator==(const BatchCandlesticksResponse&,
                         const BatchCandlesticksResponse&) = default;
};

template <>
void AppendJson<HistoricalCandlesticksResponse>(std::string& out,
                                                const HistoricalCandlesticksResponse& message);
template <>
void AppendJson<EventCandlesticksResponse>(std::string& out,
                                           const EventCandlesticksResponse& message);

// Most candles that one answer may hold over all its markets.
inline constexpr std::size_t kCandlestickCountMax = 10'000;

}  // namespace evx::kalshi
