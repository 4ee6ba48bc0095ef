#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/journal_reader.h"
#include "exchange/journal_tail.h"
#include "postgres/postgres_rows.h"
#include "postgres/postgres_writer.h"

namespace evx::mock_kalshi {

// Cuts the durable records of a journal into batches of rows. One thread at a time; after a failure
// only destruction is left.
class BatchSource {
 public:
  struct Options {
    std::string journal_directory;
    // A batch ends at the first of these.
    std::uint64_t batch_record_count_max = 0;
    std::size_t batch_event_bytes_max = 0;
    // How long a record may wait for others to share its transaction.
    absl::Duration linger;
  };

  // All references must outlive this. `should_stop` ends a wait early.
  BatchSource(const Options& options, journal::FileSystem& file_system,
              const journal::DurableSequence& durable, std::function<bool()> should_stop);

  // For what stands before the first record: candles to restore, or the base of a history. Before
  // the first Read.
  RowFold& fold() { return fold_; }

  // Begins behind `place`. OUT_OF_RANGE when the journal no longer has the next record.
  absl::Status Open(const FollowerPlace& place);

  // Puts the next batch into `batch`, which is empty. Waits a moment for records; false when there
  // were none.
  absl::StatusOr<bool> Read(RowBatch& batch);

 private:
  bool MustMarkBefore(const journal::RecordView& record, RowBatch& batch);

  const Options options_;
  const std::function<bool()> should_stop_;
  RowFold fold_;
  JournalTail tail_;
  std::optional<journal::RecordView> next_record_;  // Read, and for the batch after this one.
  Timestamp last_time_;                             // Of the last record in a batch.
  Timestamp mark_time_;                             // Last minute that was marked.
};

}  // namespace evx::mock_kalshi
