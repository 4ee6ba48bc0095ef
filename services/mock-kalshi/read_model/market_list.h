#pragma once

#include <string>

#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/queries.h"
#include "exchange/exchange_context.h"
#include "read_model/history.h"

namespace evx::mock_kalshi {

// GET /markets and GET /historical/markets: the markets that the query asks for, newest first, on
// one side of the cutoff between live and historical data.
kalshi::MarketsResponse ListMarkets(const ExchangeContext& context,
                                    const kalshi::MarketsQuery& query, bool historical);

// GET /markets/trades and GET /historical/trades. UNAVAILABLE when the history cannot be asked.
absl::StatusOr<kalshi::TradesResponse> ListTrades(const ExchangeContext& context,
                                                  const kalshi::TradesQuery& query,
                                                  bool historical);

}  // namespace evx::mock_kalshi
