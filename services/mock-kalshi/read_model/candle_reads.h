#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/kalshi/candlestick_messages.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/queries.h"
#include "exchange/exchange_context.h"

namespace evx::mock_kalshi {

// Periods that end within the query's range.
std::int64_t CountPeriods(const kalshi::CandlesticksQuery& query);

// Refuses a range that asks for more than kCandlestickCountMax candles over all its markets.
std::optional<kalshi::Error> CheckCandleCount(const kalshi::CandlesticksQuery& query,
                                              std::size_t market_count);

// Candles of one market, oldest first. With include_latest_before_start a made-up one comes first:
// at the first period boundary after the start, without trades, with the quotes and the last price
// of the candle before the start.
absl::StatusOr<std::vector<kalshi::Candlestick>> ReadCandles(
    const ExchangeContext& context, MarketId market, const kalshi::CandlesticksQuery& query);

}  // namespace evx::mock_kalshi
