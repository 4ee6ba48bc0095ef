// The end of a journal, exhaustively: every truncation and every flipped bit of small journals.

#include <algorithm>
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

JournalOptions TinyOptions() {
  JournalOptions options = SmallOptions(kDirectory);
  options.segment_bytes = 16u << 10;
  options.reserve_bytes = 0;
  options.segments_ahead = 1;
  return options;
}

// Some records longer than a sector, most shorter, none with a sector full of zeros.
std::string MixedPayload(std::uint64_t sequence) {
  return Payload(sequence) + std::string(sequence % 4 == 3 ? 700 : 0, 'y');
}

struct SmallJournal {
  std::string bytes;
  // Where each record begins, and where the last one ends.
  std::vector<std::uint64_t> offsets;
  std::uint64_t last = 0;
};

// Twelve records, alone in their group commits except the last `last_group`.
SmallJournal MakeJournal(SimulatedFileSystem& disk, std::uint64_t last_group) {
  SmallJournal journal;
  journal.last = 12;
  RecordingListener listener;
  auto writer = OpenWriter(disk, TinyOptions(), JournalEnd(), listener);
  const auto append = [&](std::uint64_t sequence) {
    REQUIRE(AppendOne(*writer, MixedPayload(sequence)) == AppendResult::kAppended);
  };
  const auto wait = [&](std::uint64_t sequence) {
    REQUIRE(writer->durable().WaitBeyond(SequenceNumber(sequence - 1), absl::Seconds(30)));
  };
  std::uint64_t sequence = 1;
  for (; sequence < journal.last - last_group; ++sequence) {
    append(sequence);
    wait(sequence);
  }
  // While one more is held at the disk, the others gather.
  disk.HoldSyncs(".journal");
  append(sequence++);
  disk.WaitForHeldSync();
  while (sequence <= journal.last) append(sequence++);
  disk.ReleaseSyncs();
  REQUIRE(writer->Close().ok());
  CHECK(listener.batch_count() == static_cast<int>(journal.last - last_group + 1));

  journal.bytes = disk.Contents(kFirstPath);
  auto reader = JournalReader::Open(disk, kDirectory, SequenceNumber(1));
  REQUIRE(reader.ok());
  RecordView record;
  while ((*reader)->Next(record) == ReadResult::kRecord) {
    journal.offsets.push_back((*reader)->record_offset());
  }
  journal.offsets.push_back((*reader)->end().last_good_bytes);
  REQUIRE(journal.offsets.size() == journal.last + 1);
  return journal;
}

ReadOutcome ReadChanged(SimulatedFileSystem& disk, std::string bytes) {
  disk.SetContents(kFirstPath, std::move(bytes));
  return TryReadAll(disk, kDirectory, 1, MixedPayload);
}

// Records that end at or before `offset`.
std::uint64_t RecordsBefore(const SmallJournal& journal, std::uint64_t offset) {
  std::uint64_t count = 0;
  while (count < journal.last && journal.offsets[count + 1] <= offset) ++count;
  return count;
}

TEST_CASE("Tail: cutting the file at any byte loses exactly the records that were cut",
          "[journal]") {
  SimulatedFileSystem disk;
  const SmallJournal journal = MakeJournal(disk, GENERATE(1u, 5u));
  for (std::uint64_t size = 0; size <= journal.offsets.back() + 16; ++size) {
    INFO("file cut at " << size);
    // Missing bytes, and zeros in their place as an interrupted write leaves them.
    for (const bool zeros : {false, true}) {
      std::string bytes = journal.bytes.substr(0, size);
      if (zeros) bytes.resize(journal.bytes.size(), '\0');
      const ReadOutcome outcome = ReadChanged(disk, bytes);
      // The header's last bytes may be zeros.
      const bool header_is_whole = zeros && bytes.compare(0, kSegmentHeaderBytes, journal.bytes, 0,
                                                          kSegmentHeaderBytes) == 0;
      if (size < kSegmentHeaderBytes && !header_is_whole) {
        REQUIRE(outcome.status.code() == absl::StatusCode::kDataLoss);
        REQUIRE(MessageOf(outcome.status).find(kFirstPath) != std::string::npos);
        continue;
      }
      REQUIRE(outcome.status.ok());
      REQUIRE(outcome.wrong_at == 0);
      REQUIRE(outcome.next == RecordsBefore(journal, size) + 1);
    }
  }
}

TEST_CASE("Tail: a flipped bit anywhere in a record is reported with file and offset, never cut",
          "[journal]") {
  SimulatedFileSystem disk;
  const SmallJournal journal = MakeJournal(disk, GENERATE(1u, 5u));
  for (std::uint64_t at = kSegmentHeaderBytes; at < journal.offsets.back(); ++at) {
    const std::uint64_t good = RecordsBefore(journal, at);
    const std::string offset = "offset " + std::to_string(journal.offsets[good]) + ",";
    for (int bit = 0; bit < 8; ++bit) {
      INFO("bit " << bit << " of byte " << at << " flipped, record " << good + 1);
      std::string bytes = journal.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      const ReadOutcome outcome = ReadChanged(disk, std::move(bytes));
      REQUIRE(outcome.status.code() == absl::StatusCode::kDataLoss);
      REQUIRE(outcome.next == good + 1);
      REQUIRE(outcome.wrong_at == 0);
      const std::string message = MessageOf(outcome.status);
      REQUIRE(message.find(kFirstPath) != std::string::npos);
      REQUIRE(message.find(offset) != std::string::npos);
      REQUIRE(message.find("evx-journal truncate") != std::string::npos);
    }
  }
}

TEST_CASE("Tail: a flipped bit in the segment header or behind the last record loses no record",
          "[journal]") {
  SimulatedFileSystem disk;
  const SmallJournal journal = MakeJournal(disk, 1);
  const auto flipped = [&](std::uint64_t at, int bit) {
    std::string bytes = journal.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    return ReadChanged(disk, std::move(bytes));
  };
  for (int bit = 0; bit < 8; ++bit) {
    for (std::uint64_t at = 0; at < 128; ++at) {
      REQUIRE(flipped(at, bit).status.code() == absl::StatusCode::kDataLoss);
    }
    for (std::uint64_t at = journal.offsets.back(); at < journal.bytes.size(); at += 7) {
      const ReadOutcome outcome = flipped(at, bit);
      REQUIRE(outcome.status.ok());
      REQUIRE(outcome.next == journal.last + 1);
      REQUIRE(outcome.end.torn_bytes > 0);
    }
  }
}

TEST_CASE("Tail: sectors missing from the last group are torn, from earlier groups damage",
          "[journal]") {
  SimulatedFileSystem disk;
  constexpr std::uint64_t kLastGroup = 5;
  const SmallJournal journal = MakeJournal(disk, kLastGroup);
  const std::uint64_t group_begin = journal.offsets[journal.last - kLastGroup];
  const std::uint64_t first_sector = kSegmentHeaderBytes / kSectorBytes;
  const std::uint64_t last_sector = (journal.offsets.back() - 1) / kSectorBytes;
  REQUIRE(last_sector - first_sector >= 4);
  const std::uint64_t sectors = last_sector - first_sector + 1;
  for (std::uint64_t lost = 1; lost < (1u << sectors); ++lost) {
    std::string bytes = journal.bytes;
    std::uint64_t first_lost = bytes.size();
    bool acknowledged_lost = false;
    for (std::uint64_t i = 0; i < sectors; ++i) {
      if ((lost >> i & 1) == 0) continue;
      const std::uint64_t begin = (first_sector + i) * kSectorBytes;
      // A sector that also holds earlier groups keeps them: they were there before the write.
      const bool earlier = begin + kSectorBytes <= group_begin;
      const std::uint64_t from = earlier ? begin : std::max(begin, group_begin);
      for (std::uint64_t at = from; at < begin + kSectorBytes; ++at) bytes[at] = '\0';
      first_lost = std::min(first_lost, from);
      acknowledged_lost = acknowledged_lost || earlier;
    }
    INFO("sectors lost " << lost << ", first byte lost " << first_lost);
    const ReadOutcome outcome = ReadChanged(disk, std::move(bytes));
    REQUIRE(outcome.next == RecordsBefore(journal, first_lost) + 1);
    REQUIRE(outcome.wrong_at == 0);
    const auto intact = [&](std::uint64_t record) {
      for (std::uint64_t s = journal.offsets[record] / kSectorBytes;
           s <= (journal.offsets[record + 1] - 1) / kSectorBytes; ++s) {
        if ((lost >> (s - first_sector) & 1) != 0) return false;
      }
      return true;
    };
    bool later_intact = false;
    for (std::uint64_t record = outcome.next; record < journal.last; ++record) {
      later_intact = later_intact || intact(record);
    }
    // With every later record gone too it looks like the journal's end: a disk that loses all it
    // has promised since some moment cannot be found out.
    if (acknowledged_lost && later_intact) {
      REQUIRE(outcome.status.code() == absl::StatusCode::kDataLoss);
    }
    if (!acknowledged_lost) REQUIRE(outcome.status.ok());
  }
}

TEST_CASE("Tail: damage in a segment that is not the last is never taken for a torn tail",
          "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  {
    auto writer = OpenWriter(disk, TinyOptions(), JournalEnd(), listener);
    AppendSingly(*writer, 150);
    REQUIRE(writer->Close().ok());
    REQUIRE(writer->stats().segment_count >= 2);
  }
  ReadAll(disk, kDirectory);
  const std::string original = disk.Contents(kFirstPath);
  for (std::uint64_t size = 0; size < original.size() - 512; size += 13) {
    INFO("first segment cut at " << size);
    disk.SetContents(kFirstPath, original.substr(0, size));
    const ReadOutcome outcome = TryReadAll(disk, kDirectory, 1, Payload);
    REQUIRE(outcome.status.code() == absl::StatusCode::kDataLoss);
    REQUIRE(MessageOf(outcome.status).find(kFirstPath) != std::string::npos);
    REQUIRE(outcome.wrong_at == 0);
  }
}

TEST_CASE("Tail: a segment missing in the middle or at the beginning is reported", "[journal]") {
  SimulatedFileSystem disk;
  RecordingListener listener;
  {
    auto writer = OpenWriter(disk, TinyOptions(), JournalEnd(), listener);
    AppendUntil(*writer, 400);
    REQUIRE(writer->Close().ok());
    REQUIRE(writer->stats().segment_count >= 3);
  }
  std::vector<std::string> paths;
  for (const std::string& path : disk.Paths()) {
    if (path.find(".journal") != std::string::npos) paths.push_back(path);
  }
  REQUIRE(disk.Rename(paths[1], paths[1] + ".away").ok());
  CHECK(TryReadAll(disk, kDirectory, 1, Payload).status.code() == absl::StatusCode::kDataLoss);
  REQUIRE(disk.Rename(paths[1] + ".away", paths[1]).ok());
  ReadAll(disk, kDirectory);
  REQUIRE(disk.Remove(paths[0]).ok());
  CHECK(TryReadAll(disk, kDirectory, 1, Payload).status.code() == absl::StatusCode::kOutOfRange);
  CHECK(TryReadAll(disk, kDirectory, 401, Payload).status.ok());
  CHECK(TryReadAll(disk, kDirectory, 402, Payload).status.code() == absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace evx::journal
