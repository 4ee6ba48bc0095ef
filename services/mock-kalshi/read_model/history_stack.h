#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/format.h"
#include "evx/journal/retention.h"
#include "evx/postgres/pool.h"
#include "postgres/postgres_follower.h"
#include "postgres/postgres_history.h"
#include "read_model/candle_store.h"
#include "read_model/history.h"
#include "read_model/memory_history.h"
#include "read_model/merged_history.h"

namespace evx::mock_kalshi {

// Tells journals apart without giving their key away.
std::int64_t JournalId(const journal::IdKey& key);

// Everything that is kept beyond the live state: rows and candles in memory, and with PostgreSQL
// the follower that stores them and the reads that merge both.
class HistoryStack {
 public:
  static constexpr std::size_t kCandleCountMax = 200'000;
  static constexpr std::size_t kReadSessionCountMax = 4;

  explicit HistoryStack(std::size_t row_count_max);
  ~HistoryStack();

  MemoryHistory& memory() { return memory_; }
  CandleStore& candle_store() { return candle_store_; }
  // After the state was described to read model and candle store: rows from before are not there.
  void StartBehind(SequenceNumber base, Timestamp time);
  // Gets what markets did in the day before that state, once PostgreSQL has it. Called on the
  // follower's thread, once; before Follow.
  void set_hours_sink(std::function<void(const std::vector<MarketHour>&)> sink) {
    hours_sink_ = std::move(sink);
  }

  // Stores the journal in PostgreSQL from now on. Before history() is handed out.
  void Follow(PostgresFollower::Options options, const journal::DurableSequence& durable,
              journal::FollowerCursors& cursors,
              std::function<void(std::uint64_t row_count, absl::Duration duration)> on_batch);
  // Stores what is durable, if that is quickly done, and stops.
  void Stop();

  // What the doors read.
  const History& history() const;
  const CandleHistory& candles() const;
  // Null without PostgreSQL.
  const PostgresFollower* follower() const { return follower_.get(); }

 private:
  void OnStored(SequenceNumber stored);

  SequenceNumber base_;
  Timestamp base_time_;
  std::function<void(const std::vector<MarketHour>&)> hours_sink_;  // Null once it was called.
  MemoryHistory memory_;
  CandleStore candle_store_;
  std::unique_ptr<postgres::Pool> pool_;
  std::unique_ptr<PostgresHistory> postgres_;
  std::unique_ptr<MergedHistory> merged_;
  std::unique_ptr<MergedCandles> merged_candles_;
  std::unique_ptr<PostgresFollower> follower_;
};

}  // namespace evx::mock_kalshi
