#include "tool/journal_replay.h"

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/journal/tool.h"
#include "evx/venue/codec.h"
#include "exchange/recovery.h"

namespace evx::mock_kalshi {
namespace {

absl::StatusOr<SequenceNumber> LoadBase(journal::FileSystem& file_system,
                                        const std::string& directory, SequenceNumber to,
                                        venue::Exchange& exchange) {
  EVX_ASSIGN_OR_RETURN(const std::optional<SequenceNumber> oldest,
                       OldestRecord(file_system, directory));
  if (!oldest || *oldest == SequenceNumber(1)) return SequenceNumber(0);
  EVX_ASSIGN_OR_RETURN(const std::optional<journal::SnapshotInfo> snapshot,
                       LoadNewestSnapshot(file_system, directory, exchange, nullptr, to));
  if (!snapshot) {
    return absl::OutOfRangeError(ToAbsl(absl::StrFormat(
        "the journal begins at record %d, and there is no snapshot of record %d or before",
        oldest->value(), to.value())));
  }
  return snapshot->sequence;
}

}  // namespace

absl::StatusOr<ReplayedState> ReplayTo(journal::FileSystem& file_system,
                                       const std::string& directory, SequenceNumber to) {
  venue::Exchange exchange(venue::Exchange::Options{});
  ReplayedState state;
  EVX_ASSIGN_OR_RETURN(state.base, LoadBase(file_system, directory, to, exchange));
  Reexecution reexecution(exchange);
  absl::Status failure;
  const auto execute = [&](const journal::RecordView& record, const std::string& path,
                           std::uint64_t offset) {
    failure = reexecution.Execute(record, absl::StrFormat("%s at offset %d", path, offset));
    return failure.ok();
  };
  EVX_RETURN_IF_ERROR(journal::VisitRecords(file_system, directory,
                                            SequenceNumber(state.base.value() + 1), to, execute));
  EVX_RETURN_IF_ERROR(failure);
  EVX_RETURN_IF_ERROR(exchange.CheckInvariants());
  state.sequence_number = exchange.sequence_number();
  state.time = exchange.time();
  state.state_hash = exchange.StateHash();
  return state;
}

absl::StatusOr<std::optional<SequenceNumber>> OldestRecord(journal::FileSystem& file_system,
                                                           const std::string& directory) {
  std::optional<SequenceNumber> oldest;
  EVX_RETURN_IF_ERROR(journal::VisitRecords(
      file_system, directory, SequenceNumber(1), SequenceNumber(UINT64_MAX),
      [&oldest](const journal::RecordView& record, const std::string&, std::uint64_t) {
        oldest = record.sequence;
        return false;
      }));
  return oldest;
}

}  // namespace evx::mock_kalshi
