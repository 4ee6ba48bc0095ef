#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/venue/codec.h"
#include "evx/venue/events.h"
#include "read_model/history.h"

// Candles of 1, 60 and 1440 minutes from the exchange's events: pure, no clock, no lock.
//
// Rules (the venue publishes no more than the fields; what it leaves open is decided here):
//   * A period includes its end: what happens at 12:00:00 sharp belongs to the period that ends
//     then. Ends are multiples of the period since 1970 UTC.
//   * Quotes are the best bid and ask that stand after a command; what a command passes through is
//     not seen. A period opens with the quote that stands when it begins. An empty side counts as
//     $0 (bid) or $1 (ask).
//   * Trades count in the period of their command, each match once. A busted trade stays counted.
//   * A market has candles from its first quote or trade until it is settled, also for periods in
//     which nothing changed. Those are not built but filled in by FillCandles.

namespace evx::mock_kalshi {

inline constexpr std::array<std::int64_t, 3> kCandlePeriodMinutes = {1, 60, 1440};
inline constexpr std::size_t kCandlePeriodCount = kCandlePeriodMinutes.size();

// Position in kCandlePeriodMinutes; nothing for another period.
std::optional<std::size_t> CandlePeriodIndex(std::int64_t period_minutes);

// End of the period that `time` lies in, Unix seconds.
std::int64_t PeriodEnd(Timestamp time, std::int64_t period_minutes);

// A candle with its period.
struct PeriodCandle {
  std::int64_t period_minutes = 1;
  CandleRow row;
};

// Resting quantity by price, best price at the back: changes near the best are cheap.
class CandleLevels {
 public:
  explicit CandleLevels(BookSide side) : side_(side) {}
  void Set(Price price, Quantity quantity);
  void Clear() { levels_.clear(); }
  std::optional<Price> Best() const;

 private:
  bool IsBetter(Price a, Price b) const { return side_ == BookSide::kBid ? a > b : a < b; }

  BookSide side_;
  std::vector<std::pair<Price, Quantity>> levels_;
};

// What stands in a market, and its candle of the present period of each length.
struct MarketCandles {
  MarketId market;
  CandleLevels bids{BookSide::kBid};
  CandleLevels asks{BookSide::kAsk};
  bool started = false;  // Had a quote or a trade.
  bool opening = false;  // By a trade of the present record: its quotes are still to come.
  bool touched = false;  // By the present record.
  bool changed = false;  // Since TakeChanged.
  Price bid;
  Price ask = Price::FromMicros(Price::kDollarMicros);
  std::optional<Price> last_trade;
  Quantity open_interest;
  // end_period_seconds 0: none yet.
  std::array<CandleRow, kCandlePeriodCount> current;
};

// Turns events into candles. Feed it every event of a record, then EndRecord. A candle is handed to
// `finished` when a record of a later period changes the market. Not thread-safe.
// Memory: the books' levels and three candles a market. Settled markets are dropped.
class CandleBuilder {
 public:
  using Finished = std::function<void(const PeriodCandle&)>;

  explicit CandleBuilder(Finished finished) : finished_(std::move(finished)) {}

  // `time` is the record's. Events that concern no candle do nothing.
  void BeginRecord(Timestamp time) { time_ = time; }
  template <class Event>
  void OnEvent(const Event&) {}
  void OnEvent(const venue::BookChanged& event);
  void OnEvent(const venue::BookCleared& event);
  void OnEvent(const venue::TradeExecuted& event);
  void OnEvent(const venue::TradeBusted& event);
  void OnEvent(const venue::MarketSettled& event);
  void OnEvent(const venue::MarketStatisticsRestored& event);
  void EndRecord();

  // What stood before the first record: levels, and MarketStatisticsRestored (OnEvent) or the last
  // candles; then RestoreQuotes, which with `open_at` opens the periods of that time with what
  // stands. Between records only.
  void RestoreLevel(MarketId market, BookSide side, Price price, Quantity quantity);
  void RestoreCandle(const PeriodCandle& candle);
  void RestoreQuotes(std::optional<Timestamp> open_at);

  // Calls `visit` with the present candles of each market that changed since the last call.
  void TakeChanged(const std::function<void(const PeriodCandle&)>& visit);

  // Nothing for a market without quote or trade, or after it was settled.
  const MarketCandles* Find(MarketId market) const;
  template <class Visitor>
  void VisitMarkets(Visitor&& visit) const {
    for (const auto& [id, market] : markets_) {
      if (market.started) visit(market);
    }
  }

 private:
  MarketCandles& Touch(MarketId market);
  MarketCandles& At(MarketId market);
  void Roll(MarketCandles& market);
  void ApplyQuotes(MarketCandles& market);

  const Finished finished_;
  Timestamp time_;
  std::vector<MarketId> touched_;
  std::vector<MarketId> changed_;
  absl::flat_hash_map<MarketId, MarketCandles> markets_;
};

// Calls `visitor` with those events that concern candles, decoding no others.
template <class Visitor>
absl::Status VisitCandleEvents(std::string_view events, Visitor&& visitor) {
  return venue::VisitEventsOf<venue::BookChanged, venue::BookCleared, venue::TradeExecuted,
                              venue::TradeBusted, venue::MarketSettled,
                              venue::MarketStatisticsRestored>(events,
                                                               std::forward<Visitor>(visitor));
}

// The candles that a reader sees: `known` (oldest first, and possibly one from before the range)
// with the gaps between them filled, cut to the query. Nothing is filled beyond the period of
// `until`.
std::vector<CandleRow> FillCandles(const CandleQuery& query, const std::vector<CandleRow>& known,
                                   Timestamp until);

}  // namespace evx::mock_kalshi
