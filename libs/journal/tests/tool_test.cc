#include "evx/journal/tool.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "journal_fixture.h"

namespace evx::journal {
namespace {

using testing::SimulatedFileSystem;

const std::string kDirectory = "/data";
const std::string kFirstPath = kDirectory + "/" + SegmentName(SequenceNumber(1));

void MakeJournal(SimulatedFileSystem& disk, std::uint64_t last) {
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
  AppendUntil(*writer, last);
  REQUIRE(writer->Close().ok());
}

void FlipBit(SimulatedFileSystem& disk, const std::string& path, std::uint64_t at) {
  std::string bytes = disk.Contents(path);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  disk.SetContents(path, bytes);
}

std::uint64_t OffsetOf(SimulatedFileSystem& disk, std::uint64_t sequence) {
  std::uint64_t found = 0;
  REQUIRE(VisitRecords(disk, kDirectory, SequenceNumber(sequence), SequenceNumber(sequence),
                       [&](const RecordView&, const std::string&, std::uint64_t offset) {
                         found = offset;
                         return true;
                       })
              .ok());
  return found;
}

TEST_CASE("Verify: a good journal is summed up by segment", "[journal]") {
  SimulatedFileSystem disk;
  MakeJournal(disk, 2'000);
  const auto report = VerifyJournal(disk, kDirectory);
  REQUIRE(report.ok());
  CHECK(report->record_count == 2'000);
  CHECK(report->next_sequence == SequenceNumber(2'001));
  CHECK(report->torn_bytes == 0);
  REQUIRE(report->segments.size() >= 2);
  CHECK(report->segments[1].header.first_sequence.value() ==
        report->segments[0].last_sequence.value() + 1);
  const std::string text = FormatReport(*report);
  CHECK(text.find("00000000000000000001.journal: records 1..") != std::string::npos);
  CHECK(text.find("2000 records in") != std::string::npos);
}

TEST_CASE("Verify: an empty directory holds no record", "[journal]") {
  SimulatedFileSystem disk;
  const auto report = VerifyJournal(disk, kDirectory);
  REQUIRE(report.ok());
  CHECK(report->record_count == 0);
}

TEST_CASE("Verify: a torn tail is shown with its place and is no error", "[journal]") {
  SimulatedFileSystem disk;
  MakeJournal(disk, 10);
  const std::uint64_t offset = OffsetOf(disk, 10);
  std::string bytes = disk.Contents(kFirstPath);
  disk.SetContents(kFirstPath, bytes.substr(0, offset + 30));
  const auto report = VerifyJournal(disk, kDirectory);
  REQUIRE(report.ok());
  CHECK(report->record_count == 9);
  CHECK(report->torn_offset == offset);
  CHECK(FormatReport(*report).find("offset " + std::to_string(offset) + ": unfinished write") !=
        std::string::npos);
}

TEST_CASE("Visit: records that a writer adds meanwhile are no damage", "[journal]") {
  SimulatedFileSystem disk;
  MakeJournal(disk, 10);
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), ReadAll(disk, kDirectory), listener);
  std::uint64_t last = 0;
  const absl::Status status =
      VisitRecords(disk, kDirectory, SequenceNumber(1), SequenceNumber(100),
                   [&](const RecordView& record, const std::string&, std::uint64_t) {
                     last = record.sequence.value();
                     if (last == 10) {
                       AppendUntil(*writer, 12);
                       CHECK(writer->Close().ok());
                     }
                     return true;
                   });
  INFO(status);
  CHECK(status.ok());
  CHECK(last == 12);
}

TEST_CASE("Truncate: the remedy named for a damaged record makes the journal start again",
          "[journal]") {
  SimulatedFileSystem disk;
  MakeJournal(disk, 2'000);
  constexpr std::uint64_t kBad = 321;
  const std::uint64_t offset = OffsetOf(disk, kBad);
  FlipBit(disk, kFirstPath, offset + 50);
  const absl::Status damage = VerifyJournal(disk, kDirectory).status();
  REQUIRE(damage.code() == absl::StatusCode::kDataLoss);
  CHECK(MessageOf(damage).find(kFirstPath + ": offset " + std::to_string(offset) +
                               ", record 321") != std::string::npos);
  CHECK(MessageOf(damage).find("evx-journal truncate --data_dir=/data --from_sequence=321") !=
        std::string::npos);

  const auto report = TruncateJournal(disk, kDirectory, SequenceNumber(kBad));
  REQUIRE(report.ok());
  CHECK(report->next_sequence == SequenceNumber(kBad));
  CHECK(report->discarded_paths.size() >= 2);
  for (const std::string& path : report->discarded_paths) CHECK_FALSE(disk.Contents(path).empty());

  const JournalEnd end = ReadAll(disk, kDirectory);
  CHECK(end.next_sequence == SequenceNumber(kBad));
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), end, listener);
  AppendUntil(*writer, 400);
  REQUIRE(writer->Close().ok());
  CHECK(ReadAll(disk, kDirectory).next_sequence == SequenceNumber(401));
}

TEST_CASE("Truncate: at the first record of a segment and of the journal", "[journal]") {
  for (const bool at_segment : {false, true}) {
    SimulatedFileSystem disk;
    MakeJournal(disk, 2'000);
    const SequenceNumber second =
        VerifyJournal(disk, kDirectory)->segments.at(1).header.first_sequence;
    const SequenceNumber from = at_segment ? second : SequenceNumber(1);
    REQUIRE(TruncateJournal(disk, kDirectory, from).ok());
    CHECK(ReadAll(disk, kDirectory).next_sequence == from);
  }
}

TEST_CASE("Truncate: is refused beyond the end, before the beginning and while it is locked",
          "[journal]") {
  SimulatedFileSystem disk;
  MakeJournal(disk, 10);
  const auto code = [&](std::uint64_t from) {
    return TruncateJournal(disk, kDirectory, SequenceNumber(from)).status().code();
  };
  CHECK(code(12) == absl::StatusCode::kOutOfRange);
  CHECK(code(0) == absl::StatusCode::kOutOfRange);
  {
    const auto lock = LockDirectory(disk, kDirectory);
    CHECK(code(5) == absl::StatusCode::kFailedPrecondition);
  }
  CHECK(ReadAll(disk, kDirectory).next_sequence == SequenceNumber(11));
}

TEST_CASE("VisitRecords: visits the range asked for and stops when told", "[journal]") {
  SimulatedFileSystem disk;
  MakeJournal(disk, 100);
  std::vector<std::string> lines;
  const auto collect = [&](const RecordView& record, const std::string& path,
                           std::uint64_t offset) {
    lines.push_back(FormatRecord(record, path, offset));
    return lines.size() < 3;
  };
  REQUIRE(VisitRecords(disk, kDirectory, SequenceNumber(40), SequenceNumber(41), collect).ok());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].substr(0, 3) == "40 ");
  CHECK(lines[0].find("type=1 meta=4 command=") != std::string::npos);
  CHECK(lines[0].find("00000000000000000001.journal@") != std::string::npos);
  lines.clear();
  REQUIRE(VisitRecords(disk, kDirectory, SequenceNumber(1), SequenceNumber(100), collect).ok());
  CHECK(lines.size() == 3);
}

}  // namespace
}  // namespace evx::journal
