#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/retention.h"
#include "evx/postgres/connection.h"
#include "evx/venue/exchange.h"
#include "exchange/follower_thread.h"
#include "postgres/batch_source.h"
#include "postgres/postgres_rows.h"
#include "postgres/postgres_writer.h"

namespace evx::mock_kalshi {

// Follows the journal into PostgreSQL on a thread of its own; nothing of it is on the order path.
//
//   durable records -> RowFold -> RowBatch -> one transaction with the rows and the new place
//
// So every record is stored exactly once in effect, whenever this process or PostgreSQL dies: a
// batch whose outcome is unknown is recognised by the place when the session is back. PostgreSQL
// away: tried again, with growing pauses, for as long as it takes; the journal keeps what is not
// stored (FollowerCursors), trading goes on.
//
// Far behind, it is PostgreSQL that limits the pace, so the next batch is folded while one is being
// written, and only every kSoonCommitCountMax-th full batch waits for PostgreSQL's disk. A
// PostgreSQL that dies meanwhile may have forgotten the others; the place says so, and they are
// read from the journal again: stored() and the cursor never name a record that is not on
// PostgreSQL's disk. At most two batches are in memory.
//
// An empty database is filled from the first record; when the journal's old segments are gone, from
// the newest snapshot: catalogue, accounts, resting orders, positions and opening balances, and the
// history begins there. That loads a second copy of the live state for a moment.
//
// A database with the history of another journal, one ahead of the journal, or one so far behind
// that the records in between are gone is left alone; status() says what to do.
class PostgresFollower {
 public:
  // Full batches committed one after the other without waiting for PostgreSQL's disk.
  static constexpr int kSoonCommitCountMax = 8;

  struct Options {
    postgres::ConnectOptions connect;
    std::string journal_directory;
    // Tells journals apart: a hash of their secret key.
    std::int64_t journal_id = 0;
    // A batch ends at the first of these.
    std::uint64_t batch_record_count_max = 100'000;
    std::size_t batch_event_bytes_max = 64 << 20;
    // How long a record may wait for others to share its transaction.
    absl::Duration linger = absl::Milliseconds(50);
    absl::Duration retry_interval_first = absl::Milliseconds(100);
    absl::Duration retry_interval_max = absl::Seconds(5);
  };

  // Called on the follower's thread; for the history in memory, metrics and logs.
  struct Observer {
    std::function<void(SequenceNumber stored)> on_stored;
    std::function<void(std::uint64_t row_count, absl::Duration duration)> on_batch;
    // A failed attempt; it will be repeated.
    std::function<void(const absl::Status& status)> on_failure;
  };

  // All references must outlive this. From here on nothing is removed from the journal that is not
  // stored.
  PostgresFollower(Options options, journal::FileSystem& file_system,
                   const journal::DurableSequence& durable, journal::FollowerCursors& cursors,
                   Observer observer);

  void Start() { thread_.Start(); }
  // Goes on for at most `drain` until everything durable is stored, then stops.
  void Stop(absl::Duration drain) { thread_.Stop(drain); }

  // Last record on PostgreSQL's disk; 0 until PostgreSQL was first reached. Any thread.
  SequenceNumber stored() const { return thread_.stored(); }
  std::uint64_t lag() const { return thread_.lag(); }
  // Why nothing can be stored at present; OK while all is well. Any thread.
  absl::Status status() const { return thread_.status(); }
  // Waits until `sequence_number` is stored; false when it is not within the timeout.
  bool WaitForStored(SequenceNumber sequence_number, absl::Duration timeout) const {
    return thread_.WaitForStored(sequence_number, timeout);
  }

 private:
  absl::Status RunSession();
  absl::Status Follow();
  absl::Status TakePlace();
  absl::Status StartOver(const std::optional<FollowerPlace>& place);
  absl::Status GoOn(const FollowerPlace& place);
  absl::Status StartHistory();
  absl::StatusOr<FollowerPlace> FillFromSnapshot();
  absl::Status FirstBatch();
  absl::Status WriteAndReadAhead();
  absl::Status WriteBatch();
  void TakeNextBatch();
  absl::Status MakeDurable();
  void Publish();

  const Options options_;
  journal::FileSystem& file_system_;
  const journal::DurableSequence& durable_;
  journal::FollowerCursors& cursors_;
  const Observer observer_;

  // Follower thread only.
  std::unique_ptr<PostgresWriter> writer_;
  std::unique_ptr<BatchSource> source_;  // Null: what it had folded is of no use.
  std::optional<FollowerPlace> place_;   // Committed.
  int soon_commit_count_ = 0;            // Since the last durable commit.
  RowBatch batch_;
  bool has_batch_ = false;
  RowBatch next_batch_;
  bool has_next_batch_ = false;

  FollowerThread thread_;  // Last: it ends before what it uses.
};

}  // namespace evx::mock_kalshi
