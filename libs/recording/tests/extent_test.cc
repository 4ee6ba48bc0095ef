#include "evx/recording/extent.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/recording/segment.h"
#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

namespace evx::recording {
namespace {

using testing::Load;
using testing::Store;
using testing::TemporaryFolder;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kStartMs = 1786406400000;  // 2026-08-11T00:00:00Z.

Timestamp At(std::int64_t ms) { return Timestamp::FromMillis(kStartMs + ms); }

std::string FrameText(int i) {
  return R"({"type":"orderbook_delta","sid":1,"seq":)" + std::to_string(i) +
         R"(,"msg":{"market_ticker":"M","price_dollars":"0.3700","delta_fp":"1.00"}})";
}

std::unique_ptr<RecordingWriter> OpenWriter(const std::string& folder) {
  auto writer = RecordingWriter::Open(folder);
  REQUIRE(writer.ok());
  return *std::move(writer);
}

// Frames `from` to `until`, a millisecond apart.
void Append(RecordingWriter& writer, int from, int until, std::int64_t shift_ms = 0) {
  for (int i = from; i < until; ++i) {
    REQUIRE(writer.Append({At(shift_ms + i), 1, FrameText(i)}).ok());
  }
}

std::vector<std::string> ReadAll(const std::string& folder, const RecordingEnd& end) {
  std::vector<std::string> frames;
  ReadOptions options;
  options.end = end;
  const auto report = ReadRecording(folder, options, [&](const Block& block, std::size_t frame) {
    block.AppendFrame(frame, frames.emplace_back());
  });
  REQUIRE(report.ok());
  return frames;
}

RecordingExtent Look(RecordingObserver& observer) {
  const auto extent = observer.Look();
  REQUIRE(extent.ok());
  return *extent;
}

}  // namespace

TEST_CASE("RecordingObserver: reaches from the first frame to the last one that was flushed",
          "[recording]") {
  const TemporaryFolder folder;
  RecordingObserver observer(folder.path());
  CHECK(observer.Look().status().code() == absl::StatusCode::kNotFound);
  auto writer = OpenWriter(folder.path());
  CHECK(observer.Look().status().code() == absl::StatusCode::kNotFound);
  Append(*writer, 5, 10);
  REQUIRE(writer->Flush().ok());
  CHECK(Look(observer) == RecordingExtent{{At(5), At(9)}, {"2026-08-11T00", 5}});
  Append(*writer, 10, 12);
  REQUIRE(writer->Flush().ok());
  CHECK(Look(observer) == RecordingExtent{{At(5), At(11)}, {"2026-08-11T00", 7}});
  REQUIRE(writer->Seal().ok());
  CHECK(Look(observer) == RecordingExtent{{At(5), At(11)}, {"2026-08-11T00", 7}});
  Append(*writer, 10, 20, kHourMs);
  Append(*writer, 3, 5, 3 * kHourMs);
  REQUIRE(writer->Seal().ok());
  Append(*writer, 2, 3, 3 * kHourMs);  // The clock went back.
  REQUIRE(writer->Flush().ok());
  const RecordingExtent extent{{At(5), At(3 * kHourMs + 4)}, {"2026-08-11T03", 3}};
  CHECK(Look(observer) == extent);
  // A segment that cannot be read is passed over, and so is one without a frame.
  Store(folder.path() + "/2026-08-11T09.evxseg", "EVXRECS1");
  Store(folder.path() + "/2026-08-11T10.evxseg", EncodeSegmentHeader(At(10 * kHourMs)));
  Store(folder.path() + "/2026-08-10T09.evxseg", "EVXRECS1");
  CHECK(Look(observer) == extent);
  CHECK(ExtentOf(folder.path()).value() == extent);
}

TEST_CASE("RecordingObserver: says why there is nothing, and finds what comes later",
          "[recording]") {
  const TemporaryFolder parent;
  const std::string folder = parent.path() + "/later";
  RecordingObserver observer(folder);
  const auto message = [&] { return std::string(observer.Look().status().message()); };
  CHECK(message() == "there is no recording " + folder);
  CHECK(observer.Look().status().code() == absl::StatusCode::kNotFound);
  Store(folder, "a file");
  CHECK(observer.Look().status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(message() == "cannot read recording " + folder + ": Not a directory");
  std::filesystem::remove(folder);
  std::filesystem::create_directory(folder);
  CHECK(message() == "recording " + folder + " has no frame yet");
  {
    auto writer = OpenWriter(folder);
    Append(*writer, 0, 4);
    REQUIRE(writer->Flush().ok());
    CHECK(Look(observer).end == RecordingEnd{"2026-08-11T00", 4});
  }
  // Another recording in its place, shorter and longer.
  for (const int frame_count : {2, 9}) {
    std::filesystem::remove_all(folder);
    CHECK(observer.Look().status().code() == absl::StatusCode::kNotFound);
    auto writer = OpenWriter(folder);
    Append(*writer, 0, frame_count);
    REQUIRE(writer->Seal().ok());
    CHECK(Look(observer) == ExtentOf(folder).value());
  }
}

TEST_CASE("RecordingObserver: segments that are removed take the begin with them", "[recording]") {
  const TemporaryFolder folder;
  RecordingObserver observer(folder.path());
  auto writer = OpenWriter(folder.path());
  for (int hour = 0; hour < 3; ++hour) {
    Append(*writer, 10 * hour, 10 * hour + 10, hour * kHourMs);
    REQUIRE(writer->Flush().ok());
    CHECK(Look(observer).span.first == At(0));
  }
  REQUIRE(RemoveSegmentsBefore(folder.path(), At(kHourMs)).value() == 1);
  CHECK(Look(observer).span.first == At(kHourMs + 10));
}

TEST_CASE(
    "RecordingObserver: each look is that of an observer which sees it all anew, and what "
    "is read up to its end stays the same",
    "[recording]") {
  std::mt19937_64 random(evx::testing::TestSeed("RecordingObserver"));
  const auto below = [&](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random);
  };
  const TemporaryFolder folder;
  RecordingObserver observer(folder.path());
  auto writer = OpenWriter(folder.path());
  std::vector<std::string> written;
  std::vector<std::pair<RecordingEnd, std::size_t>> ends;
  std::int64_t hour = 0;
  for (int step = 0; step < 400; ++step) {
    switch (below(6)) {
      case 0:
        REQUIRE(writer->Seal().ok());
        break;
      case 1:
        if (below(8) == 0) ++hour;
        break;
      case 2:
        if (below(4) == 0) {
          writer.reset();
          writer = OpenWriter(folder.path());
        }
        break;
      default: {
        const int from = static_cast<int>(written.size());
        const int until = from + 1 + below(20);
        Append(*writer, from, until, hour * kHourMs);
        for (int i = from; i < until; ++i) written.push_back(FrameText(i));
        break;
      }
    }
    REQUIRE(writer->Flush().ok());
    if (written.empty() || below(2) == 0) continue;
    const RecordingExtent extent = Look(observer);
    REQUIRE(extent == ExtentOf(folder.path()).value());
    ends.emplace_back(extent.end, written.size());
  }
  for (const auto& [end, frame_count] : ends) {
    const std::vector<std::string> frames = ReadAll(folder.path(), end);
    REQUIRE(frames.size() == frame_count);
    REQUIRE(std::equal(frames.begin(), frames.end(), written.begin()));
  }
}

TEST_CASE("RecordingObserver: beside a running writer it misses nothing that was flushed",
          "[recording]") {
  constexpr int kFrameCount = 400;
  const TemporaryFolder folder;
  auto writer = OpenWriter(folder.path());
  std::atomic<int> flushed = 0;
  std::atomic<bool> failed = false;
  std::thread thread([&] {
    for (int i = 0; i < kFrameCount && !failed; ++i) {
      failed = !writer->Append({At(i), 1, FrameText(i)}).ok() || !writer->Flush().ok();
      flushed = i + 1;
      if (i % 4 == 3 && !writer->Seal().ok()) failed = true;
    }
  });
  RecordingObserver observer(folder.path());
  int misreadings = 0;
  while (flushed < kFrameCount && !failed) {
    const int before = flushed;
    if (before == 0) continue;
    const auto extent = observer.Look();
    const int seen = extent.ok() ? static_cast<int>(extent->end.frame_count) : 0;
    // One that was not flushed yet may have been seen.
    const bool is_right =
        seen >= before && extent->span.first == At(0) && extent->span.last >= At(before - 1);
    if (!is_right) ++misreadings;
  }
  thread.join();
  CHECK_FALSE(failed);
  CHECK(misreadings == 0);
}

}  // namespace evx::recording
