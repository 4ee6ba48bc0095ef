#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/journal_reader.h"

namespace evx::mock_kalshi {

// Reads the durable records of a journal in order and waits for more: what every follower reads
// from. One thread at a time; after a failure only destruction or Open is left.
class JournalTail {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // All references must outlive this. `should_stop` ends a wait early.
  JournalTail(std::string directory, journal::FileSystem& file_system,
              const journal::DurableSequence& durable, std::function<bool()> should_stop);

  // Begins behind record `after`. OUT_OF_RANGE when the journal no longer has the next record.
  absl::Status Open(SequenceNumber after);

  // The next record, valid until the next call; false when there is none by the deadline, the
  // journal is closed, or a stop was asked for. Where there is none it sleeps until there are
  // `wake_count` or the deadline is there: a reader that collects records need not be woken for
  // each.
  absl::StatusOr<bool> Next(journal::RecordView& record, SteadyClock::time_point deadline,
                            std::uint64_t wake_count = 1);

  // The last record that Next gave, or that Open named.
  SequenceNumber last() const { return SequenceNumber(reader_->next_sequence().value() - 1); }

 private:
  const std::string directory_;
  journal::FileSystem& file_system_;
  const journal::DurableSequence& durable_;
  const std::function<bool()> should_stop_;
  std::unique_ptr<journal::JournalReader> reader_;
};

}  // namespace evx::mock_kalshi
