#include "exchange/recovery.h"

#include <span>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/journal/snapshot_store.h"
#include "evx/venue/codec.h"

namespace evx::mock_kalshi {
namespace {

std::string Place(const journal::JournalReader& reader) {
  return absl::StrFormat("%s at offset %d", reader.path(), reader.record_offset());
}

absl::Status Reexecute(const journal::JournalReader& reader, const journal::RecordView& record,
                       venue::Exchange& exchange, venue::EventBuffer& events) {
  const absl::StatusOr<venue::Command> command = venue::DecodeCommand(record.command);
  if (!command.ok()) {
    return DataLoss(absl::StrFormat("record %d in %s: %s", record.sequence.value(), Place(reader),
                                    MessageOf(command.status())));
  }
  events.clear();
  exchange.Apply(*command, record.sequence, record.time, events);
  if (events.bytes() == record.events) return absl::OkStatus();
  return DataLoss(absl::StrFormat(
      "record %d in %s: executing it again gives other events than the journal holds; this release "
      "does not fit the data (rules version %d here, %d there): start the release that wrote it, "
      "or compare with `evx-journal print --from=%d --to=%d`",
      record.sequence.value(), Place(reader), kRulesVersion, reader.header()->rules_version,
      record.sequence.value(), record.sequence.value()));
}

absl::Status ReplayTail(journal::JournalReader& reader, venue::Exchange& exchange,
                        const RecoveryHooks& hooks, RecoveryReport& report) {
  venue::EventBuffer events;
  journal::RecordView record;
  for (;;) {
    const journal::ReadResult result = reader.Next(record);
    if (result == journal::ReadResult::kError) return reader.status();
    if (result == journal::ReadResult::kEnd) return absl::OkStatus();
    EVX_RETURN_IF_ERROR(Reexecute(reader, record, exchange, events));
    ++report.record_count;
    if (hooks.on_record) {
      hooks.on_record({record.sequence, record.time, record.meta, record.command, record.events});
    }
  }
}

absl::Status LoadSnapshot(journal::SnapshotReader& reader, venue::Exchange& exchange) {
  absl::Status failure;
  const auto source = [&](char* out, std::size_t size) -> std::size_t {
    const std::size_t wanted = std::min<std::uint64_t>(size, reader.bytes_left());
    if (wanted == 0) return 0;
    const absl::Status status = reader.Read(std::span(out, wanted));
    if (status.ok()) return wanted;
    failure = status;
    return 0;
  };
  const absl::Status loaded = exchange.Load(source);
  EVX_RETURN_IF_ERROR(failure);
  EVX_RETURN_IF_ERROR(loaded);
  if (exchange.StateHash() == reader.info().state_hash) return absl::OkStatus();
  return DataLoss(absl::StrFormat("snapshot %s: its state has another hash than its header says",
                                  reader.info().path));
}

}  // namespace

absl::StatusOr<std::optional<journal::SnapshotInfo>> LoadNewestSnapshot(
    journal::FileSystem& file_system, const std::string& directory, venue::Exchange& exchange,
    const std::function<void(const absl::Status&)>& on_warning, SequenceNumber not_after) {
  const journal::SnapshotStore store(file_system, directory);
  return store.LoadNewest(
      [&](journal::SnapshotReader& reader) {
        if (reader.info().sequence > not_after) {
          return absl::OutOfRangeError(ToAbsl(reader.info().path + " is newer"));
        }
        return LoadSnapshot(reader, exchange);
      },
      [&on_warning](const absl::Status& warning) {
        if (on_warning) on_warning(warning);
      });
}

absl::StatusOr<RecoveryReport> RecoverExchange(journal::FileSystem& file_system,
                                               const std::string& directory,
                                               venue::Exchange& exchange,
                                               const RecoveryHooks& hooks) {
  RecoveryReport report;
  EVX_ASSIGN_OR_RETURN(const std::optional<journal::SnapshotInfo> snapshot,
                       LoadNewestSnapshot(file_system, directory, exchange, hooks.on_warning));
  if (snapshot) report.snapshot = snapshot->sequence;
  if (hooks.on_base) hooks.on_base(exchange);

  EVX_ASSIGN_OR_RETURN(
      const auto reader,
      journal::JournalReader::Open(file_system, directory,
                                   SequenceNumber(exchange.sequence_number().value() + 1)));
  EVX_RETURN_IF_ERROR(ReplayTail(*reader, exchange, hooks, report));
  report.end = reader->end();
  report.last_sequence = exchange.sequence_number();
  report.last_time = exchange.time();
  return report;
}

}  // namespace evx::mock_kalshi
