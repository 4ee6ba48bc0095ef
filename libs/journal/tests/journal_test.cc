#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "evx/journal/journal_reader.h"
#include "evx/journal/journal_writer.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "journal_fixture.h"
#include "temporary_directory.h"

namespace evx::journal {
namespace {

TEST_CASE("Journal: an empty directory is a journal that begins with record 1", "[journal]") {
  const TemporaryDirectory directory;
  const JournalEnd end = ReadAll(PosixFileSystem(), directory.path());
  CHECK(end.next_sequence == SequenceNumber(1));
  CHECK_FALSE(end.last_header.has_value());
}

TEST_CASE("Journal: what was appended over many segments and restarts is read back", "[journal]") {
  const TemporaryDirectory directory;
  const JournalOptions options = SmallOptions(directory.path());
  RecordingListener listener;
  std::uint64_t last = 0;
  for (int run = 0; run < 4; ++run) {
    const JournalEnd end = ReadAll(PosixFileSystem(), directory.path());
    REQUIRE(end.next_sequence.value() == last + 1);
    REQUIRE(end.torn_bytes == 0);
    auto writer = OpenWriter(PosixFileSystem(), options, end, listener);
    last += 2'000;
    AppendUntil(*writer, last);
    REQUIRE(writer->Close().ok());
    CHECK(writer->durable().Get().value() == last);
    CHECK(writer->header().id_key == options.id_key);
  }
  CHECK(ReadAll(PosixFileSystem(), directory.path(), 3'333).next_sequence.value() == last + 1);
}

TEST_CASE("Journal: a restart without a record in between replaces the empty segment",
          "[journal]") {
  const TemporaryDirectory directory;
  const JournalOptions options = SmallOptions(directory.path());
  RecordingListener listener;
  for (int run = 0; run < 3; ++run) {
    OpenWriter(PosixFileSystem(), options, ReadAll(PosixFileSystem(), directory.path()), listener);
  }
  auto writer = OpenWriter(PosixFileSystem(), options, ReadAll(PosixFileSystem(), directory.path()),
                           listener);
  AppendUntil(*writer, 10);
  REQUIRE(writer->Close().ok());
  CHECK(ReadAll(PosixFileSystem(), directory.path()).next_sequence == SequenceNumber(11));
}

TEST_CASE("Journal: a follower reads every record once, as soon as it is durable", "[journal]") {
  const TemporaryDirectory directory;
  RecordingListener listener;
  auto writer =
      OpenWriter(PosixFileSystem(), SmallOptions(directory.path()), JournalEnd(), listener);
  constexpr std::uint64_t kLast = 20'000;
  std::uint64_t expected = 1;
  std::string failure;
  std::thread follower([&] {
    auto reader = JournalReader::Open(PosixFileSystem(), directory.path(), SequenceNumber(1),
                                      &writer->durable());
    RecordView record;
    while (expected <= kLast && failure.empty()) {
      switch ((*reader)->Next(record)) {
        case ReadResult::kRecord:
          if (record.sequence.value() != expected || record.command != Payload(expected) ||
              record.sequence > writer->durable().Get()) {
            failure = "wrong record at " + std::to_string(expected);
          }
          ++expected;
          break;
        case ReadResult::kEnd:
          (void)writer->durable().WaitBeyond(SequenceNumber(expected - 1), absl::Seconds(10));
          break;
        case ReadResult::kError:
          failure = (*reader)->status().ToString();
          break;
      }
    }
  });
  AppendUntil(*writer, kLast);
  follower.join();
  CHECK(failure.empty());
  CHECK(expected == kLast + 1);
  CHECK(writer->Close().ok());
}

TEST_CASE("Journal: no record is forgotten when the writer falls asleep meanwhile", "[journal]") {
  testing::SimulatedFileSystem disk;
  RecordingListener listener;
  JournalOptions options = SmallOptions("/data");
  options.spin = absl::ZeroDuration();
  auto writer = OpenWriter(disk, options, JournalEnd(), listener);
  // Pairs: the second one often arrives while the writer wakes up for, or has finished, the first.
  for (std::uint64_t last = 2; last <= 10'000; last += 2) {
    AppendUntil(*writer, last);
    REQUIRE(writer->durable().WaitBeyond(SequenceNumber(last - 1), absl::Seconds(30)));
  }
  CHECK(writer->Close().ok());
}

TEST_CASE("DirectoryLock: a second holder is refused with path and process", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/data/shard-0";
  {
    const auto lock = LockDirectory(PosixFileSystem(), path);
    REQUIRE(lock.ok());
    const auto second = LockDirectory(PosixFileSystem(), path);
    REQUIRE(second.status().code() == absl::StatusCode::kFailedPrecondition);
    CHECK(second.status().ToString().find(path + "/LOCK") != std::string::npos);
    CHECK(second.status().ToString().find(std::to_string(getpid())) != std::string::npos);
  }
  CHECK(LockDirectory(PosixFileSystem(), path).ok());
}

}  // namespace
}  // namespace evx::journal
