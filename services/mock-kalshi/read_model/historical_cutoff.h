#pragma once

#include <algorithm>
#include <optional>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/kalshi/exchange_messages.h"

namespace evx::mock_kalshi {

// What is finished for longer than this is served by /historical/* and no more by the live
// endpoints, as the venue does: markets by their settlement, trades and fills by their time,
// positions by the settlement of their market, orders by their last update. Resting orders and
// unsettled positions are always live. The cutoff moves with exchange time, by whole days.
inline constexpr absl::Duration kHistoryAge = absl::Hours(24 * 90);
inline constexpr absl::Duration kOrderHistoryAge = absl::Hours(24 * 14);

inline kalshi::HistoricalCutoffResponse HistoricalCutoff(Timestamp now) {
  constexpr std::int64_t kDaySeconds = 86'400;
  const Timestamp today = Timestamp::FromSeconds(now.seconds() / kDaySeconds * kDaySeconds);
  kalshi::HistoricalCutoffResponse cutoff;
  cutoff.market_settled_time = today + -kHistoryAge;
  cutoff.trades_created_time = today + -kHistoryAge;
  cutoff.market_positions_last_updated_time = today + -kHistoryAge;
  cutoff.orders_updated_time = today + -kOrderHistoryAge;
  return cutoff;
}

// Narrows a range of times, both inclusive, to one side of a cutoff.
inline void KeepSide(bool historical, Timestamp cutoff, std::optional<Timestamp>& min_time,
                     std::optional<Timestamp>& max_time) {
  if (historical) {
    const Timestamp newest = Timestamp::FromNanos(cutoff.nanos() - 1);
    max_time = std::min(max_time.value_or(newest), newest);
  } else {
    min_time = std::max(min_time.value_or(cutoff), cutoff);
  }
}

}  // namespace evx::mock_kalshi
