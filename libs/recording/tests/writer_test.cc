#include "evx/recording/writer.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "evx/recording/testing/temporary_folder.h"
#include "tail.h"

namespace evx::recording {
namespace {

using testing::Load;
using testing::Store;
using testing::TemporaryFolder;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kStartMs = 1786406400000;  // 2026-08-11T00:00:00Z.

std::string FrameText(int i) {
  return "{\"type\":\"orderbook_delta\",\"sid\":1,\"seq\":" + std::to_string(i) +
         ",\"msg\":{\"market_ticker\":\"M-" + std::to_string(i % 2) +
         "\",\"price_dollars\":\"0.3700\",\"delta_fp\":\"" + std::to_string(i + 1) +
         ".00\",\"side\":\"yes\",\"ts_ms\":" + std::to_string(kStartMs + i) + "}}";
}

void Append(RecordingWriter& writer, int from, int until, std::int64_t start_ms = kStartMs) {
  for (int i = from; i < until; ++i) {
    REQUIRE(writer.Append({Timestamp::FromMillis(start_ms + i), 1, FrameText(i)}).ok());
  }
}

std::unique_ptr<RecordingWriter> OpenWriter(const std::string& folder) {
  auto writer = RecordingWriter::Open(folder);
  REQUIRE(writer.ok());
  return *std::move(writer);
}

// Two blocks of six frames each; the path of their segment.
std::string WriteTwoBlocks(const std::string& folder) {
  auto writer = OpenWriter(folder);
  for (const int from : {0, 6}) {
    Append(*writer, from, from + 6);
    REQUIRE(writer->Seal().ok());
  }
  return folder + "/2026-08-11T00.evxseg";
}

struct ReadBack {
  std::vector<std::string> frames;
  std::vector<std::string> damages;
};

ReadBack ReadAll(const std::string& folder, const ReadOptions& options = {}) {
  ReadBack result;
  const auto report = ReadRecording(folder, options, [&](const Block& block, std::size_t frame) {
    block.AppendFrame(frame, result.frames.emplace_back());
  });
  REQUIRE(report.ok());
  result.damages = report->damages;
  return result;
}

std::vector<std::string> Texts(int until) {
  std::vector<std::string> texts;
  for (int i = 0; i < until; ++i) texts.push_back(FrameText(i));
  return texts;
}

// Writes while it is read; how often the reader missed what was flushed before, or read more than
// was written, or read it wrong.
int CountMisreadings(int frame_count) {
  TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  std::atomic<int> flushed = 0;
  std::atomic<bool> failed = false;
  std::thread thread([&] {
    for (int i = 0; i < frame_count && !failed; ++i) {
      failed = !writer->Append({Timestamp::FromMillis(kStartMs + i), 1, FrameText(i)}).ok() ||
               !writer->Flush().ok();
      flushed = i + 1;
      if (i % 4 == 3 && !writer->Seal().ok()) failed = true;
    }
  });
  int misreadings = 0;
  while (flushed < frame_count && !failed) {
    const int before = flushed;
    const auto read = ReadAll(folder.path());
    const int count = static_cast<int>(read.frames.size());
    if (count < before || read.frames != Texts(count) || !read.damages.empty()) ++misreadings;
  }
  thread.join();
  return failed ? frame_count : misreadings;
}

}  // namespace

TEST_CASE("RecordingWriter: what was flushed is read back, sealed or not", "[recording]") {
  TemporaryFolder folder;
  {
    auto writer = OpenWriter(folder.path());
    Append(*writer, 0, 20);
    REQUIRE(writer->Seal().ok());
    Append(*writer, 20, 30);
    REQUIRE(writer->Flush().ok());
    CHECK(ReadAll(folder.path()).frames == Texts(30));
  }
  auto writer = OpenWriter(folder.path());
  Append(*writer, 30, 40);
  REQUIRE(writer->Seal().ok());
  CHECK(ReadAll(folder.path()).frames == Texts(40));
}

TEST_CASE("RecordingWriter: an hour has its own segment, found by time and market", "[recording]") {
  TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  Append(*writer, 0, 10);
  Append(*writer, 10, 20, kStartMs + kHourMs);
  REQUIRE(writer->Seal().ok());
  CHECK(std::filesystem::exists(folder.path() + "/2026-08-11T00.evxseg"));
  CHECK(std::filesystem::exists(folder.path() + "/2026-08-11T01.evxseg"));
  CHECK(ReadAll(folder.path()).frames == Texts(20));
  ReadOptions options;
  options.until = Timestamp::FromMillis(kStartMs + 5);
  CHECK(ReadAll(folder.path(), options).frames == Texts(5));
  options.market_ticker = "M-1";
  CHECK(ReadAll(folder.path(), options).frames ==
        std::vector<std::string>{FrameText(1), FrameText(3)});
  options.market_ticker = "M-2";
  CHECK(ReadAll(folder.path(), options).frames.empty());
}

TEST_CASE("RecordingWriter: a clock that is set neither loses nor reorders a frame",
          "[recording]") {
  TemporaryFolder folder;
  {
    auto writer = OpenWriter(folder.path());
    Append(*writer, 0, 10);
    Append(*writer, 10, 20, kStartMs + 5 * kHourMs);
    Append(*writer, 20, 30, kStartMs - 3 * kHourMs);
    REQUIRE(writer->Flush().ok());
    CHECK(ReadAll(folder.path()).frames == Texts(30));
  }
  auto writer = OpenWriter(folder.path());
  Append(*writer, 30, 40);
  REQUIRE(writer->Seal().ok());
  CHECK(ReadAll(folder.path()).frames == Texts(40));
  CHECK(ReadAll(folder.path()).damages.empty());
}

TEST_CASE("RecordingWriter: retention removes whole hours, never the newest", "[recording]") {
  TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  for (int hour = 0; hour < 3; ++hour) Append(*writer, 0, 5, kStartMs + hour * kHourMs);
  REQUIRE(writer->Seal().ok());
  CHECK(*RemoveSegmentsBefore(folder.path(), Timestamp::FromMillis(kStartMs + kHourMs - 1)) == 0);
  CHECK(*RemoveSegmentsBefore(folder.path(), Timestamp::FromMillis(kStartMs + kHourMs)) == 1);
  CHECK(*RemoveSegmentsBefore(folder.path(), Timestamp::FromMillis(kStartMs + 9 * kHourMs)) == 1);
  CHECK(ReadAll(folder.path()).frames == Texts(5));
}

TEST_CASE("RecordingWriter: a segment cut at any byte keeps every block before the cut",
          "[recording]") {
  TemporaryFolder folder;
  const std::string path = WriteTwoBlocks(folder.path());
  const std::string sound = Load(path);
  const auto scan = ScanSegment(sound);
  REQUIRE(scan.ok());
  REQUIRE(scan->blocks.size() == 2);
  for (std::size_t size = 0; size < sound.size(); ++size) {
    CAPTURE(size);
    Store(path, sound.substr(0, size));
    const int expected = size >= scan->blocks[1].offset ? 6 : 0;
    if (size >= 24) {
      const ReadBack read = ReadAll(folder.path());
      REQUIRE(read.frames == Texts(expected));
      REQUIRE(read.damages.empty());
    }
    auto writer = OpenWriter(folder.path());
    Append(*writer, expected, 8);
    REQUIRE(writer->Seal().ok());
    REQUIRE(ReadAll(folder.path()).frames == Texts(8));
  }
}

TEST_CASE("RecordingWriter: a tail cut at any byte keeps every frame before the cut",
          "[recording]") {
  TemporaryFolder folder;
  {
    auto writer = OpenWriter(folder.path());
    Append(*writer, 0, 4);
    REQUIRE(writer->Seal().ok());
    Append(*writer, 4, 7);
    REQUIRE(writer->Flush().ok());
  }
  const std::string path = folder.path() + "/2026-08-11T00.evxtail";
  const std::string sound = Load(path);
  std::size_t kept_before = 4;
  for (std::size_t size = 0; size <= sound.size(); ++size) {
    CAPTURE(size);
    Store(path, sound.substr(0, size));
    const auto kept = ReadAll(folder.path()).frames;
    REQUIRE(kept == Texts(static_cast<int>(kept.size())));
    REQUIRE(kept.size() >= kept_before);
    kept_before = kept.size();
    auto writer = OpenWriter(folder.path());
    Append(*writer, static_cast<int>(kept.size()), 9);
    REQUIRE(writer->Flush().ok());
    REQUIRE(ReadAll(folder.path()).frames == Texts(9));
  }
  CHECK(kept_before == 7);
}

TEST_CASE("RecordingWriter: frames that are in a block and in the tail are read once",
          "[recording]") {
  // How many of the block's five frames had come into the tail.
  const int in_tail = GENERATE(range(0, 6));
  CAPTURE(in_tail);
  TemporaryFolder folder;
  const std::string tail = folder.path() + "/2026-08-11T00.evxtail";
  auto writer = OpenWriter(folder.path());
  Append(*writer, 0, in_tail);
  REQUIRE(writer->Flush().ok());
  const std::string before = in_tail == 0 ? std::string() : Load(tail);
  Append(*writer, in_tail, 5);
  REQUIRE(writer->Seal().ok());
  writer.reset();
  Store(tail, before);  // The crash came before the tail was emptied.
  CHECK(ReadAll(folder.path()).frames == Texts(5));
  for (const int from : {5, 7}) {  // Two lives more.
    writer = OpenWriter(folder.path());
    Append(*writer, from, from + 2);
    REQUIRE(writer->Flush().ok());
    CHECK(ReadAll(folder.path()).frames == Texts(from + 2));
    writer.reset();
  }
}

TEST_CASE("ReadRecording: a damaged block is named by file and offset, the others are read",
          "[recording]") {
  TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  for (int i = 0; i < 9; i += 3) {
    Append(*writer, i, i + 3);
    REQUIRE(writer->Seal().ok());
  }
  const std::string path = folder.path() + "/2026-08-11T00.evxseg";
  const std::string sound = Load(path);
  const auto scan = ScanSegment(sound);
  REQUIRE(scan->blocks.size() == 3);
  std::vector<std::string> expected = Texts(9);
  expected.erase(expected.begin() + 3, expected.begin() + 6);
  for (std::size_t at = scan->blocks[1].offset; at < scan->blocks[2].offset; ++at) {
    CAPTURE(at);
    std::string damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    Store(path, damaged);
    const ReadBack read = ReadAll(folder.path());
    REQUIRE(read.frames == expected);
    REQUIRE(read.damages == std::vector<std::string>{path + ": damaged block at offset " +
                                                     std::to_string(scan->blocks[1].offset)});
  }
  // Whoever reads on learns where the frames are missing.
  RecordingReader reader(folder.path(), {});
  REQUIRE(reader.Next().value().has_value());
  CHECK(reader.hole_count() == 0);
  REQUIRE(reader.Next().value().has_value());
  CHECK(reader.hole_count() == 1);
  CHECK_FALSE(reader.Next().value().has_value());
  CHECK(reader.hole_count() == 1);
}

TEST_CASE("ReadRecording: the end of a segment may be torn in the newest one only", "[recording]") {
  TemporaryFolder folder;
  const std::string path = WriteTwoBlocks(folder.path());
  const std::string sound = Load(path);
  const std::size_t last_block = ScanSegment(sound)->blocks[1].offset;
  const auto size = GENERATE_COPY(std::size_t{0}, std::size_t{5}, last_block + 1, last_block + 40,
                                  sound.size() - 1);
  CAPTURE(size);
  Store(path, sound.substr(0, size));
  SECTION("the newest") {
    const auto report = ReadRecording(folder.path(), {}, [](const Block&, std::size_t) {});
    REQUIRE(report.ok());
    CHECK(report->torn_bytes == (size > last_block ? size - last_block : 0));
    // Not of a header, which is no block.
    CHECK(report->damages.size() == (size == 5 ? 1 : 0));
  }
  SECTION("an older one") {
    Store(folder.path() + "/2026-08-11T01.evxseg",
          EncodeSegmentHeader(Timestamp::FromSeconds(1'786'410'000)));
    const ReadBack read = ReadAll(folder.path());
    CHECK(read.frames == Texts(size > last_block ? 6 : 0));
    REQUIRE(read.damages.size() == 1);
    CHECK(read.damages[0].starts_with(path));
    RecordingReader reader(folder.path(), {});
    while (reader.Next().value().has_value()) {
    }
    CHECK(reader.hole_count() == 1);
  }
}

TEST_CASE("RecordingWriter: a damaged last block is kept, and so is what came after it",
          "[recording]") {
  TemporaryFolder folder;
  {
    auto writer = OpenWriter(folder.path());
    Append(*writer, 0, 3);
    REQUIRE(writer->Seal().ok());
    Append(*writer, 3, 6);
    REQUIRE(writer->Seal().ok());
    Append(*writer, 6, 9);
    REQUIRE(writer->Flush().ok());
  }
  const std::string path = folder.path() + "/2026-08-11T00.evxseg";
  const std::string sound = Load(path);
  const auto scan = ScanSegment(sound);
  REQUIRE(scan->blocks.size() == 2);
  const std::size_t offset = scan->blocks[1].offset;
  std::string damaged = sound;
  SECTION("in its header") { damaged[offset + 5] ^= 0x40; }
  SECTION("in its columns") { damaged.back() ^= 0x40; }
  Store(path, damaged);
  auto writer = OpenWriter(folder.path());
  Append(*writer, 9, 12);
  REQUIRE(writer->Seal().ok());
  const ReadBack read = ReadAll(folder.path());
  std::vector<std::string> expected = Texts(12);
  expected.erase(expected.begin() + 3, expected.begin() + 6);
  CHECK(read.frames == expected);
  CHECK(read.damages ==
        std::vector<std::string>{path + ": damaged block at offset " + std::to_string(offset)});
  RecordingReader reader(folder.path(), {});
  REQUIRE(reader.Next().value().has_value());
  CHECK(reader.hole_count() == 0);
  while (reader.Next().value().has_value()) {
  }
  CHECK(reader.hole_count() == 1);
}

TEST_CASE("RecordingWriter: a segment without its header never costs the one before it",
          "[recording]") {
  TemporaryFolder folder;
  {
    auto writer = OpenWriter(folder.path());
    Append(*writer, 0, 3);
    REQUIRE(writer->Seal().ok());
  }
  Store(folder.path() + "/2026-08-11T01.evxseg", "EVXRECS1");
  auto writer = OpenWriter(folder.path());
  Append(*writer, 3, 6);  // The clock went back.
  REQUIRE(writer->Seal().ok());
  CHECK(ReadAll(folder.path()).frames == Texts(6));
}

TEST_CASE("ReadTail: records of a later tail behind those of an earlier one are left out",
          "[recording]") {
  std::string bytes;
  for (const std::uint64_t number : {8, 9}) AppendTailRecord(number, {Timestamp(), 1, "a"}, bytes);
  const std::size_t sound_size = bytes.size();
  AppendTailRecord(14, {Timestamp(), 1, "b"}, bytes);
  CHECK(ReadTail(bytes, 8).frames.size() == 2);
  CHECK(ReadTail(bytes, 8).sound_size == sound_size);
  // 8 to 11 are in a block meanwhile.
  CHECK(ReadTail(bytes, 12).frames.empty());
  // The block before the tail is damaged.
  CHECK(ReadTail(bytes, 3).frames.size() == 2);
  CHECK(ReadTail(bytes, 3).first_number == 8);
}

TEST_CASE("RecordingWriter: a folder has one writer", "[recording]") {
  TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  CHECK(RecordingWriter::Open(folder.path()).status().code() ==
        absl::StatusCode::kFailedPrecondition);
  writer.reset();
  CHECK(RecordingWriter::Open(folder.path()).ok());
}

TEST_CASE("RecordingWriter: an hour that is over leaves no tail behind", "[recording]") {
  TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  Append(*writer, 0, 10);
  REQUIRE(writer->Flush().ok());
  Append(*writer, 10, 20, kStartMs + kHourMs);
  REQUIRE(writer->Flush().ok());
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/2026-08-11T00.evxtail"));
  CHECK(ReadAll(folder.path()).frames == Texts(20));
}

TEST_CASE("ReadRecording: beside a running writer nothing that was flushed is missing",
          "[recording]") {
  int misreadings = 0;
  for (int round = 0; round < 40; ++round) misreadings += CountMisreadings(50);
  CHECK(misreadings == 0);
}

}  // namespace evx::recording
