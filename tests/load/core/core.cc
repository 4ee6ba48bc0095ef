#include "core.h"

#include <cstdio>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/journal/retention.h"
#include "evx/journal/snapshot_store.h"
#include "exchange/recovery.h"

namespace evx::load {
namespace {

// As the exchange's own journal.
constexpr std::size_t kJournalBufferBytes = 64ULL << 20;

}  // namespace

Core::Core(const Options& options)
    : options_(options),
      exchange_({.client_order_id_count_reserved = options.client_order_id_count_reserved}) {
  journal::JournalOptions journal;
  journal.directory = options_.directory;
  journal.rules_version = mock_kalshi::kRulesVersion;
  journal.buffer_bytes = kJournalBufferBytes;
  auto writer = journal::JournalWriter::Open(journal::PosixFileSystem(), journal,
                                             journal::JournalEnd(), clock_, *this);
  if (!writer.ok()) absl::FPrintF(stderr, "%s\n", writer.status().ToString());
  EVX_CHECK(writer.ok());
  journal_ = *std::move(writer);
  snapshotter_ = std::make_unique<mock_kalshi::Snapshotter>(
      options_.directory, clock_, journal_->durable(),
      [this](const mock_kalshi::Snapshotter::Finished& finished) { OnSnapshot(finished); });
  meta_.door = mock_kalshi::Door::kRest;
  meta_.key_id = venue::UuidText("00000000-0000-4000-8000-000000000000");
  meta_.remote_address = InlineString<64>("127.0.0.1:50000");
  for (const venue::Command& command : SetupCommands(options_.population, clock_.Now())) {
    EVX_CHECK(!Apply(command).reject);
  }
}

Core::~Core() {
  snapshotter_.reset();
  EVX_CHECK(journal_->Close().ok());
}

venue::CommandResult Core::Apply(const venue::Command& command) {
  const SequenceNumber sequence(exchange_.sequence_number().value() + 1);
  events_.clear();
  const venue::CommandResult result = exchange_.Apply(command, sequence, clock_.Now(), events_);
  if (result.reject) ++reject_count_;
  ++meta_.request_id;
  meta_bytes_.clear();
  mock_kalshi::EncodeAuditMeta(meta_, meta_bytes_);
  const std::size_t command_bytes_max = venue::CommandBytesMax(command);
  if (command_bytes_.size() < command_bytes_max) command_bytes_.resize(command_bytes_max);
  const std::string_view command_bytes(command_bytes_.data(),
                                       venue::EncodeCommand(command, command_bytes_.data()));
  const journal::RecordView record{sequence,    exchange_.time(), 0,
                                   meta_bytes_, command_bytes,    events_.bytes()};
  journal::AppendResult appended;
  while ((appended = journal_->Append(record)) != journal::AppendResult::kAppended) {
    EVX_CHECK(appended == journal::AppendResult::kBufferFull ||
              appended == journal::AppendResult::kNoSpace);
    ++wait_count_;
    journal_->durable().WaitBeyond(journal_->durable().Get(), absl::Milliseconds(1));
  }
  if (options_.snapshot_interval != 0 && ++commands_since_snapshot_ >= options_.snapshot_interval) {
    commands_since_snapshot_ = 0;
    snapshotter_->Begin(exchange_);
  }
  return result;
}

void Core::WaitUntilDurable() {
  const SequenceNumber last = exchange_.sequence_number();
  while (journal_->durable().Get() < last) {
    journal_->durable().WaitBeyond(SequenceNumber(last.value() - 1), absl::Seconds(1));
  }
}

void Core::OnStalled(const absl::Status& status) {
  absl::FPrintF(stderr, "journal stalled: %s\n", status.ToString());
}

void Core::OnFailed(SequenceNumber, const absl::Status& status) {
  absl::FPrintF(stderr, "journal failed: %s\n", status.ToString());
}

// As the exchange's host: old snapshots go, and the segments before the two kept.
void Core::OnSnapshot(const mock_kalshi::Snapshotter::Finished& finished) {
  EVX_CHECK(finished.ok);
  last_snapshot_nanos_ = absl::ToInt64Nanoseconds(finished.duration);
  ++snapshot_count_;
  if (options_.keep_everything) return;
  const journal::SnapshotStore store(journal::PosixFileSystem(), options_.directory);
  EVX_CHECK(store.Prune().ok());
  const auto snapshots = store.List([](const absl::Status&) {});
  EVX_CHECK(snapshots.ok());
  std::vector<SequenceNumber> sequences;
  for (const journal::SnapshotInfo& info : *snapshots) sequences.push_back(info.sequence);
  journal_->Retain(journal::RetentionFloor(sequences, std::nullopt));
}

}  // namespace evx::load
