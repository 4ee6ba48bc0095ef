#include "exchange/journal_tail.h"

#include <utility>

#include "absl/time/time.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {

JournalTail::JournalTail(std::string directory, journal::FileSystem& file_system,
                         const journal::DurableSequence& durable, std::function<bool()> should_stop)
    : directory_(std::move(directory)),
      file_system_(file_system),
      durable_(durable),
      should_stop_(std::move(should_stop)) {}

absl::Status JournalTail::Open(SequenceNumber after) {
  EVX_ASSIGN_OR_RETURN(reader_,
                       journal::JournalReader::Open(file_system_, directory_,
                                                    SequenceNumber(after.value() + 1), &durable_));
  return absl::OkStatus();
}

absl::StatusOr<bool> JournalTail::Next(journal::RecordView& record,
                                       SteadyClock::time_point deadline, std::uint64_t wake_count) {
  while (!should_stop_()) {
    const journal::ReadResult result = reader_->Next(record);
    if (result == journal::ReadResult::kError) return reader_->status();
    if (result != journal::ReadResult::kEnd) return true;
    const auto left = deadline - SteadyClock::now();
    // A closed journal gets nothing more.
    if (left.count() <= 0 || durable_.closed()) return false;
    durable_.WaitBeyond(SequenceNumber(last().value() + wake_count - 1),
                        absl::Nanoseconds(left.count()));
  }
  return false;
}

}  // namespace evx::mock_kalshi
