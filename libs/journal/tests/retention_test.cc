#include "evx/journal/retention.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "evx/journal/testing/simulated_file_system.h"
#include "journal_fixture.h"

namespace evx::journal {
namespace {

using testing::SimulatedFileSystem;

const std::string kDirectory = "/data";

std::vector<std::uint64_t> SegmentFirsts(const SimulatedFileSystem& disk) {
  std::vector<std::uint64_t> firsts;
  for (const std::string& path : disk.Paths()) {
    if (const auto first = ParseSegmentName(path.substr(kDirectory.size() + 1))) {
      firsts.push_back(first->value());
    }
  }
  return firsts;
}

TEST_CASE("RetentionFloor: the second newest snapshot and the slowest follower decide",
          "[journal]") {
  const std::vector<SequenceNumber> none;
  const std::vector<SequenceNumber> one = {SequenceNumber(500)};
  const std::vector<SequenceNumber> three = {SequenceNumber(900), SequenceNumber(600),
                                             SequenceNumber(300)};
  CHECK(RetentionFloor(none, std::nullopt) == SequenceNumber(1));
  CHECK(RetentionFloor(one, std::nullopt) == SequenceNumber(1));
  CHECK(RetentionFloor(three, std::nullopt) == SequenceNumber(601));
  CHECK(RetentionFloor(three, SequenceNumber(900)) == SequenceNumber(601));
  CHECK(RetentionFloor(three, SequenceNumber(450)) == SequenceNumber(451));
  CHECK(RetentionFloor(three, SequenceNumber(0)) == SequenceNumber(1));
}

TEST_CASE("FollowerCursors: the lowest registered cursor counts, removed ones do not",
          "[journal]") {
  FollowerCursors cursors;
  CHECK_FALSE(cursors.Lowest().has_value());
  cursors.Set("postgres", SequenceNumber(10));
  cursors.Set("kafka", SequenceNumber(7));
  CHECK(cursors.Lowest() == SequenceNumber(7));
  cursors.Set("kafka", SequenceNumber(12));
  CHECK(cursors.Lowest() == SequenceNumber(10));
  cursors.Set("postgres", SequenceNumber(0));
  CHECK(cursors.Lowest() == SequenceNumber(0));
  cursors.Remove("postgres");
  CHECK(cursors.Lowest() == SequenceNumber(12));
  CHECK(cursors.All().size() == 1);
}

TEST_CASE("Retention: whole segments below the floor go, everything from the floor on stays",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
  AppendUntil(*writer, 6'000);
  REQUIRE(writer->durable().WaitBeyond(SequenceNumber(5'999), absl::Seconds(30)));
  const std::vector<std::uint64_t> firsts = SegmentFirsts(disk);
  REQUIRE(firsts.size() >= 5);
  // In the middle of the third segment: the first two go.
  const std::uint64_t floor = firsts[2] + 5;
  writer->Retain(SequenceNumber(floor));
  writer->Retain(SequenceNumber(1));  // does not bring anything back
  WaitUntil([&] {
    const JournalStats stats = writer->stats();
    return stats.segments_recycled_count + stats.segments_deleted_count == 2;
  });
  CHECK(SegmentFirsts(disk) == std::vector<std::uint64_t>(firsts.begin() + 2, firsts.end()));
  REQUIRE(writer->Close().ok());
  ReadAll(disk, kDirectory, floor);
  CHECK(TryReadAll(disk, kDirectory, 1, Payload).status.code() == absl::StatusCode::kOutOfRange);
}

TEST_CASE("Retention: under a moving floor segments are recycled and the disk stays bounded",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  const JournalOptions options = SmallOptions(kDirectory);
  auto writer = OpenWriter(disk, options, JournalEnd(), listener);
  for (std::uint64_t last = 1'000; last <= 40'000; last += 1'000) {
    AppendUntil(*writer, last);
    REQUIRE(writer->durable().WaitBeyond(SequenceNumber(last - 1), absl::Seconds(30)));
    writer->Retain(SequenceNumber(last - 500));
    WaitUntil([&] { return SegmentFirsts(disk).size() <= 3; });
    REQUIRE(disk.used_bytes() <= 8 * options.segment_bytes);
  }
  REQUIRE(writer->Close().ok());
  CHECK(writer->stats().segments_recycled_count > 10);
  ReadAll(disk, kDirectory, 39'600);
}

TEST_CASE("Retention: segments of earlier runs are given up too", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  JournalEnd end;
  for (std::uint64_t last = 1'500; last <= 4'500; last += 1'500) {
    auto writer = OpenWriter(disk, SmallOptions(kDirectory), end, listener);
    AppendUntil(*writer, last);
    REQUIRE(writer->Close().ok());
    end = ReadAll(disk, kDirectory);
  }
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), end, listener);
  writer->Retain(SequenceNumber(4'501));
  WaitUntil([&] { return SegmentFirsts(disk) == std::vector<std::uint64_t>{4'501}; });
  AppendUntil(*writer, 4'510);
  REQUIRE(writer->Close().ok());
  CHECK(ReadAll(disk, kDirectory, 4'501).next_sequence == SequenceNumber(4'511));
}

TEST_CASE("Retention: a follower whose segment was given up is told so", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
  AppendUntil(*writer, 4'000);
  auto follower = JournalReader::Open(disk, kDirectory, SequenceNumber(1), &writer->durable());
  REQUIRE(follower.ok());
  RecordView record;
  REQUIRE(writer->durable().WaitBeyond(SequenceNumber(3'999), absl::Seconds(30)));
  REQUIRE((*follower)->Next(record) == ReadResult::kRecord);
  writer->Retain(SequenceNumber(4'000));
  WaitUntil([&] { return SegmentFirsts(disk).front() > 1'000; });
  ReadResult result;
  std::uint64_t expected = 2;
  while ((result = (*follower)->Next(record)) == ReadResult::kRecord) {
    // What the follower has in memory is right, or it is not handed out.
    REQUIRE(record.command == Payload(expected++));
  }
  CHECK(result == ReadResult::kError);
  CHECK((*follower)->status().code() == absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace evx::journal
