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

absl::Status ReplayTail(journal::JournalReader& reader, venue::Exchange& exchange,
                        const RecoveryHooks& hooks, RecoveryReport& report) {
  Reexecution reexecution(exchange);
  journal::RecordView record;
  for (;;) {
    const journal::ReadResult result = reader.Next(record);
    if (result == journal::ReadResult::kError) return reader.status();
    if (result == journal::ReadResult::kEnd) break;
    if (const absl::Status status = reexecution.Execute(record, Place(reader)); !status.ok()) {
      return DataLoss(absl::StrFormat(
          "%s; this release does not fit the data (rules version %d here, %d there): start the "
          "release that wrote it, or compare with `evx-journal print --from=%d --to=%d`",
          MessageOf(status), kRulesVersion, reader.header()->rules_version, record.sequence.value(),
          record.sequence.value()));
    }
    ++report.record_count;
    if (hooks.on_record) {
      hooks.on_record({record.sequence, record.time, record.meta, record.command, record.events});
    }
  }
  report.unwritten_events = reexecution.unwritten_events();
  return absl::OkStatus();
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

absl::Status Reexecution::Execute(const journal::RecordView& record, const std::string& place) {
  const auto damaged = [&](std::string_view why) {
    return DataLoss(absl::StrFormat("record %d in %s: %s", record.sequence.value(), place, why));
  };
  const absl::StatusOr<venue::Command> command = venue::DecodeCommand(record.command);
  if (!command.ok()) return damaged(MessageOf(command.status()));
  const bool continues = std::holds_alternative<venue::ContinueEvents>(*command);
  if (continues != !unwritten_.empty()) {
    return damaged(continues ? "it continues a record that is complete"
                             : "the record before it is not continued");
  }
  if (continues) {
    venue::EventBuffer none;
    exchange_.Apply(*command, record.sequence, record.time, none);
  } else {
    events_.clear();
    exchange_.Apply(*command, record.sequence, record.time, events_);
    unwritten_ = events_.bytes();
    // Releases before ContinueEvents wrote records of any size.
    if (record.events == unwritten_) {
      unwritten_ = {};
      return absl::OkStatus();
    }
  }
  if (venue::TakeRecordEvents(unwritten_) == record.events) return absl::OkStatus();
  return damaged("executing it again gives other events than the journal holds");
}

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
