#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/postgres/connection.h"
#include "evx/postgres/copy_buffer.h"
#include "postgres/postgres_rows.h"

namespace evx::mock_kalshi {

// Where a follower is: the row of exchange.follower.
struct FollowerPlace {
  std::int64_t journal_id = 0;
  SequenceNumber stored;  // Last record whose rows are there.
  Timestamp time;         // Of that record.
  SequenceNumber base;    // History starts behind this record.
  Timestamp mark_time;    // Last minute of exchange.marks.
};

// When a commit returns.
enum class CommitMode : std::uint8_t {
  kDurable,  // It is on disk, and so is every commit before it.
  // PostgreSQL writes it to disk within a second; if PostgreSQL dies before that, the transaction
  // never was, like all that came after it. Saves the wait for the disk.
  kSoon,
};

// Stores batches of rows over one session. Not thread-safe.
//
// Each batch is one transaction with the follower's new place. The place must be the expected one,
// so two writers can never both store a record, and a batch whose COMMIT got lost is recognised.
class PostgresWriter {
 public:
  static constexpr const char* kFollowerName = "postgres";

  // Connects, migrates the schema and prepares the session.
  static absl::StatusOr<std::unique_ptr<PostgresWriter>> Open(
      const postgres::ConnectOptions& options);

  // Nothing when no record was ever stored.
  absl::StatusOr<std::optional<FollowerPlace>> ReadPlace();

  // What stands in the markets after the last stored record, for the fold that goes on from there.
  absl::Status RestoreCandles(CandleBuilder& candles);

  // Stores `batch` behind `place`, and if it has a mark time, a mark of every subaccount as it then
  // is. Returns the new place. An empty batch moves nothing: with kDurable everything committed
  // before is on disk then. FAILED_PRECONDITION when the database is not at `place`.
  absl::StatusOr<FollowerPlace> Write(const RowBatch& batch, const FollowerPlace& place,
                                      CommitMode mode);

  // The start of a history: stores pieces of a base in one transaction, then the place.
  absl::StatusOr<postgres::Transaction> BeginBase();
  absl::Status WriteBase(const RowBatch& piece);
  absl::Status FinishBase(postgres::Transaction transaction, const FollowerPlace& place);

 private:
  explicit PostgresWriter(std::unique_ptr<postgres::Connection> connection);

  absl::Status WriteRows(const RowBatch& batch);
  absl::Status WriteOrders(const RowBatch& batch);
  absl::Status WriteOrderGroups(const RowBatch& batch);
  absl::Status WriteTrading(const RowBatch& batch);
  absl::Status WriteMoney(const RowBatch& batch);
  absl::Status WritePositions(const RowBatch& batch);
  absl::Status WriteCandles(const RowBatch& batch);
  absl::Status WriteMarks(const RowBatch& batch);
  absl::Status MovePlace(const FollowerPlace& from, const FollowerPlace& to);

  std::unique_ptr<postgres::Connection> connection_;
  // Reused from batch to batch.
  postgres::CopyBuffer orders_;
  postgres::CopyBuffer order_changes_;
  postgres::CopyBuffer order_groups_;
  postgres::CopyBuffer order_group_changes_;
  postgres::CopyBuffer order_group_history_;
  postgres::CopyBuffer fills_;
  postgres::CopyBuffer trades_;
  postgres::CopyBuffer settlements_;
  postgres::CopyBuffer transfers_;
  postgres::CopyBuffer ledger_entries_;
  postgres::CopyBuffer catalogue_history_;
  postgres::CopyBuffer positions_;
  postgres::CopyBuffer balances_;
  postgres::CopyBuffer candles_;
  postgres::CopyBuffer quotes_;
};

}  // namespace evx::mock_kalshi
