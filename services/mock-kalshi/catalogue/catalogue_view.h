#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/terms.h"
#include "exchange/exchange_context.h"
#include "read_model/read_model.h"

// Series, events, markets and books as the venue writes them: state of the read model and facts of
// the catalogue put together. Called under ReadModel::Read.

namespace evx::mock_kalshi {

kalshi::Series ToKalshi(const SeriesState& series, const CatalogueFacts& facts);
// Without markets.
kalshi::Event ToKalshi(const ReadModel::State& state, const EventState& event,
                       const CatalogueFacts& facts);
// `now`: for the values of the last 24 hours.
kalshi::Market ToKalshi(const ReadModel::State& state, const MarketState& market,
                        const CatalogueFacts& facts, Timestamp now);
// The best `depth` levels of each side; 0: all.
kalshi::OrderBook ToKalshi(const BookState& book, int depth);

// Sum over the series' markets.
Quantity VolumeOf(const ReadModel::State& state, const SeriesState& series);

// The status filter of the lists. `closed` is past the close and not finalized.
bool Matches(venue::MarketStatus status, kalshi::MarketStatusFilter filter);

// Markets settled before the cutoff are history.
bool IsHistorical(const MarketState& market, Timestamp now);

}  // namespace evx::mock_kalshi
