#include "evx/recording/frame_log.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/testing/benchmark.h"
#include "evx/recording/testing/temporary_folder.h"

namespace evx::recording {
namespace {

using testing::Load;
using testing::Store;
using testing::TemporaryFolder;

struct ReadBack {
  std::vector<std::pair<LoggedFrame, std::string>> frames;
  absl::Status status;
};

ReadBack ReadAll(const std::string& path) {
  ReadBack result;
  auto reader = FrameLogReader::Open(path);
  REQUIRE(reader.ok());
  while (true) {
    const auto frame = reader->Next();
    result.status = frame.status();
    if (!frame.ok() || !*frame) return result;
    result.frames.emplace_back(**frame, std::string((*frame)->frame.bytes));
  }
}

std::string Zipped(const std::string& path, const std::string& text) {
  const gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) ==
          static_cast<int>(text.size()));
  REQUIRE(gzclose(file) == Z_OK);
  return Load(path);
}

}  // namespace

TEST_CASE("FrameLog: any frame comes back byte for byte", "[recording]") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  CAPTURE(seed);
  evx::testing::SplitMix64 random(seed);
  const std::vector<std::string> pieces = {"{",   "}", "\n", "\r", "\"", "a", std::string(1, '\0'),
                                           "\xff"};
  std::vector<Frame> frames;
  std::vector<std::string> bytes(500);
  std::string text;
  for (std::string& frame : bytes) {
    for (std::uint64_t count = random.Next() % 6; count > 0; --count) {
      frame += pieces[random.Next() % pieces.size()];
    }
    if (random.Next() % 2 == 0) frame = "{" + frame + "}";
    frames.push_back({Timestamp::FromNanos(static_cast<std::int64_t>(random.Next() >> 1)),
                      static_cast<std::uint32_t>(random.Next()), frame});
    AppendFrameLogLine(frames.back(), text);
  }
  TemporaryFolder folder;
  const std::string path = folder.path() + "/log.ndjson";
  const bool zipped = GENERATE(false, true);
  if (zipped) {
    Zipped(path, text);
  } else {
    Store(path, text);
  }
  const ReadBack read = ReadAll(path);
  REQUIRE(read.status.ok());
  REQUIRE(read.frames.size() == frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    REQUIRE(read.frames[i].second == bytes[i]);
    REQUIRE(read.frames[i].first.frame.received == frames[i].received);
    REQUIRE(read.frames[i].first.frame.connection == frames[i].connection);
    REQUIRE(read.frames[i].first.has_connection);
  }
}

TEST_CASE("FrameLog: a line of the venue's logs has no connection", "[recording]") {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/log.ndjson";
  Store(path, "{\"recv_ms\":1786402800021,\"event\":{\"type\":\"x\"}}");
  const ReadBack read = ReadAll(path);
  REQUIRE(read.status.ok());
  REQUIRE(read.frames.size() == 1);
  CHECK(read.frames[0].second == "{\"type\":\"x\"}");
  CHECK(read.frames[0].first.frame.received == Timestamp::FromMillis(1786402800021));
  CHECK_FALSE(read.frames[0].first.has_connection);
}

TEST_CASE("FrameLog: a line of another form is named by file and number", "[recording]") {
  const std::string line =
      GENERATE("", "{}", "{\"recv_ms\":1}", "{\"recv_ms\":,\"event\":{}}",
               "{\"recv_ms\":-1,\"event\":{}}", "{\"recv_ns\":1,\"connection\":-1,\"event\":{}}",
               "{\"recv_ns\":1,\"connection\":4294967296,\"event\":{}}",
               "{\"recv_ms\":9223372036854775807,\"event\":{}}", "{\"recv_ns\":1,\"hex\":\"7\"}",
               "{\"recv_ns\":1,\"hex\":\"7g\"}", "{\"recv_ns\":1,\"hex\":\"7b}");
  CAPTURE(line);
  TemporaryFolder folder;
  const std::string path = folder.path() + "/log.ndjson";
  Store(path, "{\"recv_ms\":1,\"event\":{}}\n" + line + "\n");
  const ReadBack read = ReadAll(path);
  CHECK(read.frames.size() == 1);
  CHECK(read.status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(read.status.message()).find(path + ": line 2 is no") == 0);
}

TEST_CASE("FrameLog: a line that is too long is refused", "[recording]") {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/log.ndjson";
  Store(path, std::string(kFrameLogLineBytesMax + 1, ' '));
  CHECK(ReadAll(path).status.code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("FrameLog: a compressed file that is cut short or damaged is DATA_LOSS", "[recording]") {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/log.ndjson.gz";
  std::string text;
  for (int i = 0; i < 1'000; ++i) AppendFrameLogLine({Timestamp::FromNanos(i), 0, "{}"}, text);
  std::string bytes = Zipped(path, text);
  SECTION("cut short") { bytes.resize(bytes.size() - 1); }
  SECTION("damaged") { bytes[bytes.size() / 2] ^= 0x10; }
  Store(path, bytes);
  CHECK(ReadAll(path).status.code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("FrameLog: files are found under a folder, sorted", "[recording]") {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() + "/b");
  for (const char* name : {"/b/2.ndjson.gz", "/b/1.ndjson", "/c.ndjson", "/README.md"}) {
    Store(folder.path() + name, "");
  }
  CHECK(FindFrameLogs(folder.path()) == std::vector<std::string>{folder.path() + "/b/1.ndjson",
                                                                 folder.path() + "/b/2.ndjson.gz",
                                                                 folder.path() + "/c.ndjson"});
  CHECK(FindFrameLogs(folder.path() + "/README.md") ==
        std::vector<std::string>{folder.path() + "/README.md"});
  CHECK(FindFrameLogs(folder.path() + "/none").empty());
  CHECK(FrameLogReader::Open(folder.path() + "/none").status().code() ==
        absl::StatusCode::kNotFound);
}

}  // namespace evx::recording
