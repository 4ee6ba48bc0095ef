#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/core/clock.h"
#include "exchange/record.h"
#include "read_model/candles.h"
#include "read_model/history.h"

namespace evx::mock_kalshi {

// Candles as one store knows them, before the gaps are filled.
struct KnownCandles {
  // Oldest first, up to the end of the query; from before its start at least the last one.
  std::vector<CandleRow> rows;
  // Up to when there are candles: the market's settlement, else the last record.
  Timestamp until;
  bool settled = false;
  // Every candle with this end or a later one is as this store says. 0: all of them.
  std::int64_t complete_from_seconds = 0;
};

// The newest candles of all markets, in memory: all there are without PostgreSQL, and with it what
// its writer has not stored yet. Keeps at most `candle_count_max` finished ones and drops the
// oldest beyond that. Thread-safe; written by the release thread.
class CandleStore final : public RecordListener, public CandleHistory {
 public:
  explicit CandleStore(std::size_t candle_count_max);

  // Events of venue::Exchange::Describe after recovery, in pieces, as ReadModel::Restore; then the
  // time of that state.
  void Restore(std::string_view events);
  void FinishRestore(Timestamp time);
  void OnRecord(const ReleasedRecord& record) override;

  absl::StatusOr<std::vector<CandleRow>> ListCandles(const CandleQuery& query) const override;
  KnownCandles Read(const CandleQuery& query) const;

 private:
  using Key = std::pair<MarketId, std::int64_t>;  // Market and period.
  struct Series {
    std::deque<CandleRow> finished;
    std::int64_t dropped_end_seconds = 0;
  };

  // With the lock held.
  void Add(const PeriodCandle& candle);

  const std::size_t candle_count_max_;
  mutable std::shared_mutex mutex_;
  CandleBuilder builder_;
  absl::flat_hash_map<Key, Series> series_;
  std::deque<Key> arrivals_;
  absl::flat_hash_map<MarketId, Timestamp> settled_;
  Timestamp since_;  // 0: from the first record.
  Timestamp last_time_;
};

}  // namespace evx::mock_kalshi
