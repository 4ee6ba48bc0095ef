#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/venue/commands.h"
#include "evx/venue/types.h"

// The standard catalogue: which series there are and what each of them lists when.
//
// Facts come from recordings of the venue (catalogue/*.json, carried inside the binary): prices and
// outcomes of the gold 15-minute windows, outcomes of the Bitcoin and XRP ones, strikes and results
// of the New York daily highs, teams and winners of baseball games. They are rolled forward in
// time: window number N takes the recorded facts at N modulo their count, so a plan depends on N
// alone and the same exchange time always gives the same markets with the same results. About 240
// markets are open at any time.

namespace evx::mock_kalshi {

struct PlannedMarket {
  // `event` is not set: it is known once the event is listed.
  venue::PutMarket put;
  venue::MarketResult result = venue::MarketResult::kNo;
  std::string expiration_value;
  // When the result becomes known; not before the close.
  Timestamp determine_time;
};

struct PlannedEvent {
  // `series` is not set.
  venue::PutEvent put;
  std::vector<PlannedMarket> markets;
};

// One series that lists windows for ever. Windows are numbered; open, list and close times rise
// with the number. Immutable, thread-safe.
class RollingSeries {
 public:
  virtual ~RollingSeries() = default;

  const venue::PutSeries& series() const { return series_; }
  // When a window is listed: before it opens.
  virtual Timestamp ListTime(std::int64_t window) const = 0;
  // When the last of its markets closes.
  virtual Timestamp CloseTime(std::int64_t window) const = 0;
  // The events of a window, with facts, times and results.
  virtual std::vector<PlannedEvent> Plan(std::int64_t window) const = 0;

  // The first window that closes after `time`.
  std::int64_t FirstOpenAt(Timestamp time) const;

 protected:
  explicit RollingSeries(venue::PutSeries series) : series_(std::move(series)) {}
  // Some window that closes at or before `time`, but not many windows before.
  virtual std::int64_t SomeClosedAt(Timestamp time) const = 0;

 private:
  const venue::PutSeries series_;
};

// Every rolling series of the standard catalogue.
std::vector<std::unique_ptr<RollingSeries>> StandardRollingSeries();

// Markets that are always open (MARKET_MAKER, FIX_TEST), listed once at the first start.
struct FixedCatalogue {
  venue::PutSeries series;
  std::vector<PlannedEvent> events;
};
FixedCatalogue StandardFixedCatalogue(Timestamp now);

}  // namespace evx::mock_kalshi
