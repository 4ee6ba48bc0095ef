#include "read_model/candle_store.h"

#include <algorithm>
#include <type_traits>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/venue/codec.h"

namespace evx::mock_kalshi {

CandleStore::CandleStore(std::size_t candle_count_max)
    : candle_count_max_(candle_count_max),
      // Called from OnRecord, which holds the lock.
      builder_([this](const PeriodCandle& candle) { Add(candle); }) {}

void CandleStore::Add(const PeriodCandle& candle) {
  const Key key(candle.row.market, candle.period_minutes);
  series_[key].finished.push_back(candle.row);
  arrivals_.push_back(key);
  while (arrivals_.size() > candle_count_max_) {
    const Key oldest = arrivals_.front();
    arrivals_.pop_front();
    Series& series = series_[oldest];
    series.dropped_end_seconds = series.finished.front().end_period_seconds;
    series.finished.pop_front();
  }
}

void CandleStore::Restore(std::string_view events) {
  const std::unique_lock lock(mutex_);
  const absl::Status status =
      venue::VisitEventsOf<venue::BookChanged, venue::MarketStatisticsRestored>(
          events, [this](const auto& event) {
            using Event = std::decay_t<decltype(event)>;
            if constexpr (std::is_same_v<Event, venue::BookChanged>) {
              builder_.RestoreLevel(event.market, event.side, event.price, event.quantity_after);
            } else {
              builder_.OnEvent(event);
            }
          });
  EVX_CHECK(status.ok());
}

void CandleStore::FinishRestore(Timestamp time) {
  if (!time) return;  // A new exchange.
  const std::unique_lock lock(mutex_);
  builder_.RestoreQuotes(time);
  builder_.TakeChanged([](const PeriodCandle&) {});
  since_ = time;
  last_time_ = time;
}

void CandleStore::OnRecord(const ReleasedRecord& record) {
  const std::unique_lock lock(mutex_);
  builder_.BeginRecord(record.time);
  const absl::Status status = VisitCandleEvents(record.events, [&](const auto& event) {
    using Event = std::decay_t<decltype(event)>;
    builder_.OnEvent(event);
    if constexpr (std::is_same_v<Event, venue::MarketSettled>) settled_[event.market] = record.time;
  });
  EVX_CHECK(status.ok());
  builder_.EndRecord();
  // What changed is read from the builder itself.
  builder_.TakeChanged([](const PeriodCandle&) {});
  last_time_ = record.time;
}

KnownCandles CandleStore::Read(const CandleQuery& query) const {
  KnownCandles known;
  const auto period = CandlePeriodIndex(query.period_minutes);
  if (!period) return known;
  const std::shared_lock lock(mutex_);
  const std::int64_t period_seconds = 60 * query.period_minutes;
  if (since_) {
    // The period that the store was started in is known in part only.
    known.complete_from_seconds = PeriodEnd(since_, query.period_minutes) + period_seconds;
  }
  const auto add = [&](const CandleRow& row) {
    if (row.end_period_seconds == 0 || row.end_period_seconds > query.max_end_seconds) return;
    // Of those from before the range the last is enough.
    if (!known.rows.empty() && row.end_period_seconds <= query.min_end_seconds) known.rows.clear();
    known.rows.push_back(row);
  };
  if (const auto series = series_.find({query.market, query.period_minutes});
      series != series_.end()) {
    if (series->second.dropped_end_seconds != 0) {
      known.complete_from_seconds = std::max(known.complete_from_seconds,
                                             series->second.dropped_end_seconds + period_seconds);
    }
    for (const CandleRow& row : series->second.finished) add(row);
  }
  if (const MarketCandles* market = builder_.Find(query.market)) add(market->current[*period]);
  const auto settled = settled_.find(query.market);
  known.settled = settled != settled_.end();
  known.until = known.settled ? settled->second : last_time_;
  return known;
}

absl::StatusOr<std::vector<CandleRow>> CandleStore::ListCandles(const CandleQuery& query) const {
  const KnownCandles known = Read(query);
  return FillCandles(query, known.rows, known.until);
}

}  // namespace evx::mock_kalshi
