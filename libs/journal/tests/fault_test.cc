// Full, slow and broken disks.

#include <catch2/catch.hpp>
#include <string>

#include "evx/core/status.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "journal_fixture.h"

namespace evx::journal {
namespace {

using testing::SimulatedFileSystem;

const std::string kDirectory = "/data";

// Appends until the writer refuses; returns why.
AppendResult AppendUntilRefused(JournalWriter& writer, bool uses_reserve) {
  while (true) {
    const AppendResult result =
        AppendOne(writer, Payload(writer.next_sequence().value()), uses_reserve);
    if (result == AppendResult::kBufferFull) {
      std::this_thread::yield();
      continue;
    }
    if (result != AppendResult::kAppended) return result;
  }
}

TEST_CASE(
    "Full disk: records are refused before they are taken, cancels pass while the reserve "
    "lasts, and all resumes when space returns",
    "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  JournalOptions options = SmallOptions(kDirectory);
  auto writer = OpenWriter(disk, options, JournalEnd(), listener);
  // Room for the segments there are and one more that never becomes whole.
  disk.SetCapacity(3 * options.segment_bytes + options.segment_bytes / 2);

  REQUIRE(AppendUntilRefused(*writer, false) == AppendResult::kNoSpace);
  const std::uint64_t last_order = writer->next_sequence().value() - 1;
  CHECK(writer->Admit(64) == AppendResult::kNoSpace);
  CHECK(ToStatus(AppendResult::kNoSpace).code() == absl::StatusCode::kUnavailable);
  // Nothing that was accepted waits for space.
  REQUIRE(writer->durable().WaitBeyond(SequenceNumber(last_order - 1), absl::Seconds(30)));
  CHECK(listener.stalled_count() == 0);
  CHECK(writer->state() == WriterState::kReady);

  CHECK(writer->Admit(64, true) == AppendResult::kAppended);
  REQUIRE(AppendUntilRefused(*writer, true) == AppendResult::kNoSpace);
  const std::uint64_t last_cancel = writer->next_sequence().value() - 1;
  CHECK(last_cancel > last_order + 20);
  REQUIRE(writer->durable().WaitBeyond(SequenceNumber(last_cancel - 1), absl::Seconds(30)));

  disk.SetCapacity(100 * options.segment_bytes);
  WaitUntil([&] { return writer->Admit(64) == AppendResult::kAppended; });
  AppendUntil(*writer, last_cancel + 1'000);
  REQUIRE(writer->Close().ok());
  CHECK(listener.failures().empty());
  CHECK(ReadAll(disk, kDirectory).next_sequence.value() == last_cancel + 1'001);
}

TEST_CASE("Full disk: retention frees segments and ends the refusal", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  JournalOptions options = SmallOptions(kDirectory);
  auto writer = OpenWriter(disk, options, JournalEnd(), listener);
  disk.SetCapacity(3 * options.segment_bytes);
  REQUIRE(AppendUntilRefused(*writer, false) == AppendResult::kNoSpace);
  const std::uint64_t last = writer->next_sequence().value() - 1;
  writer->Retain(SequenceNumber(last));
  WaitUntil([&] { return writer->Admit(64) == AppendResult::kAppended; });
  AppendUntil(*writer, last + 100);
  REQUIRE(writer->Close().ok());
  CHECK(writer->stats().segments_recycled_count > 0);
  CHECK(ReadAll(disk, kDirectory, last).next_sequence.value() == last + 101);
}

TEST_CASE("Full disk: a start without room for a segment says so", "[journal]") {
  SimulatedFileSystem disk;
  disk.SetCapacity(1'000);
  RecordingListener listener;
  const SystemClock clock;
  const auto writer =
      JournalWriter::Open(disk, SmallOptions(kDirectory), JournalEnd(), clock, listener);
  CHECK(writer.status().code() == absl::StatusCode::kResourceExhausted);
}

TEST_CASE("Full disk: where writes in place need space, accepted records wait for it",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
  AppendSingly(*writer, 3);
  disk.SetInPlaceWritesFail(true);
  AppendUntil(*writer, 4);
  WaitUntil([&] { return writer->state() == WriterState::kNoSpace; });
  CHECK(writer->Admit(64) == AppendResult::kNoSpace);
  CHECK(writer->Admit(64, true) == AppendResult::kAppended);
  CHECK(writer->durable().Get() == SequenceNumber(3));
  disk.SetInPlaceWritesFail(false);
  REQUIRE(writer->durable().WaitBeyond(SequenceNumber(3), absl::Seconds(30)));
  WaitUntil([&] { return writer->Admit(64) == AppendResult::kAppended; });
  CHECK(listener.stalled_count() == 1);
  REQUIRE(writer->Close().ok());
  CHECK(ReadAll(disk, kDirectory).next_sequence == SequenceNumber(5));
}

TEST_CASE("Full disk: a writer that closes while it waits for space reports the failure",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
  AppendSingly(*writer, 3);
  disk.SetInPlaceWritesFail(true);
  AppendUntil(*writer, 4);
  WaitUntil([&] { return writer->state() == WriterState::kNoSpace; });
  CHECK(writer->Close().code() == absl::StatusCode::kResourceExhausted);
  CHECK(writer->state() == WriterState::kFailed);
  REQUIRE(listener.failures().size() == 1);
  CHECK(listener.failures()[0].substr(0, 2) == "3:");
}

TEST_CASE("Slow disk: records gather in memory up to the limit and then share a group commit",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  const JournalOptions options = SmallOptions(kDirectory);
  auto writer = OpenWriter(disk, options, JournalEnd(), listener);
  WaitUntil([&] { return writer->Admit(writer->record_bytes_max()) == AppendResult::kAppended; });
  disk.HoldSyncs(".journal");
  AppendUntil(*writer, 1);
  disk.WaitForHeldSync();
  // Ten records behind the held one: none is durable, all are taken.
  AppendUntil(*writer, 11);
  CHECK(writer->durable().Get() == SequenceNumber(0));
  CHECK(writer->stats().buffered_bytes > 0);
  const std::string large(8'000, 'l');
  AppendResult result = AppendResult::kAppended;
  while (result == AppendResult::kAppended) result = AppendOne(*writer, large);
  CHECK(result == AppendResult::kBufferFull);
  CHECK(ToStatus(result).code() == absl::StatusCode::kResourceExhausted);
  const std::uint64_t last = writer->next_sequence().value() - 1;
  disk.ReleaseSyncs();
  REQUIRE(writer->durable().WaitBeyond(SequenceNumber(last - 1), absl::Seconds(30)));
  CHECK(listener.batch_count() <= 4);
  WaitUntil([&] { return writer->Admit(64) == AppendResult::kAppended; });
  CHECK(writer->Close().ok());
}

TEST_CASE("Broken disk: a failed sync stops the journal for good and acknowledges nothing",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  const JournalOptions options = SmallOptions(kDirectory);
  auto writer = OpenWriter(disk, options, JournalEnd(), listener);
  AppendSingly(*writer, 5);
  // Both spare segments are ready, so the writer is the only one to sync.
  WaitUntil([&] { return disk.used_bytes() >= 3 * options.segment_bytes; });
  WaitUntil([&] {
    int ready_count = 0;
    for (const std::string& path : disk.Paths()) {
      ready_count += path.find(".ready") != std::string::npos ? 1 : 0;
    }
    return ready_count == 2;
  });
  disk.FailNextSync(DataLoss("fdatasync: Input/output error"));
  AppendUntil(*writer, 6);
  WaitUntil([&] { return writer->state() == WriterState::kFailed; });
  CHECK(AppendOne(*writer, "more") == AppendResult::kFailed);
  CHECK(writer->Admit(64, true) == AppendResult::kFailed);
  CHECK_FALSE(writer->durable().WaitBeyond(SequenceNumber(5), absl::Seconds(30)));
  CHECK(writer->durable().closed());
  CHECK(writer->Close().code() == absl::StatusCode::kDataLoss);
  REQUIRE(listener.failures().size() == 1);
  CHECK(listener.failures()[0].find("5: DATA_LOSS: fdatasync: Input/output error") !=
        std::string::npos);
  CHECK(listener.durable() == 5);
}

TEST_CASE("Writer: records that are too large are refused, however empty the disk", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
  CHECK(AppendOne(*writer, std::string(writer->record_bytes_max(), 'x')) ==
        AppendResult::kTooLarge);
  const std::string meta(kMetaBytesMax + 1, 'm');
  CHECK(writer->Append({SequenceNumber(1), Timestamp::FromNanos(1), 1, meta, "", ""}) ==
        AppendResult::kTooLarge);
  const std::string largest(writer->record_bytes_max() - kRecordHeaderBytes - 4 - 4, 'x');
  CHECK(AppendOne(*writer, largest) == AppendResult::kAppended);
  CHECK(writer->Close().ok());
  CHECK(AppendOne(*writer, "late") == AppendResult::kFailed);
}

TEST_CASE("Writer: options out of their bounds are refused with the option's name", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  const SystemClock clock;
  const auto message = [&](const JournalOptions& options) {
    return MessageOf(JournalWriter::Open(disk, options, JournalEnd(), clock, listener).status());
  };
  JournalOptions options = SmallOptions(kDirectory);
  options.segment_bytes = 1'000;
  CHECK(message(options).find("segment_bytes 1000") != std::string::npos);
  options = SmallOptions(kDirectory);
  options.reserve_bytes = options.segment_bytes;
  CHECK(message(options).find("reserve_bytes") != std::string::npos);
  options = SmallOptions(kDirectory);
  options.buffer_bytes = 100'000;
  CHECK(message(options).find("buffer_bytes 100000") != std::string::npos);
  options = SmallOptions("");
  CHECK(message(options).find("directory") != std::string::npos);
}

TEST_CASE("Writer: a journal of another shard is refused", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  JournalOptions options = SmallOptions(kDirectory);
  { AppendSingly(*OpenWriter(disk, options, JournalEnd(), listener), 3); }
  options.shard = 4;
  const SystemClock clock;
  const auto writer =
      JournalWriter::Open(disk, options, ReadAll(disk, kDirectory), clock, listener);
  CHECK(writer.status().code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace evx::journal
