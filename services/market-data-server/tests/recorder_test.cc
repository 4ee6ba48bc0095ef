#include "recorder/recorder.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "evx/recording/testing/temporary_folder.h"
#include "evx/telemetry/metrics.h"

namespace evx::market_data {
namespace {

using recording::testing::TemporaryFolder;

constexpr Timestamp kStart = Timestamp::FromMillis(1786406400000);  // 2026-08-11T00:00:00Z.

struct Fixture {
  Fixture() { options.folder = folder.path() + "/recording"; }

  std::unique_ptr<Recorder> Open() {
    auto recorder = Recorder::Open(options, clock, probe);
    REQUIRE(recorder.ok());
    return *std::move(recorder);
  }

  std::vector<std::string> Read() const {
    std::vector<std::string> frames;
    const auto report = recording::ReadRecording(
        options.folder, {}, [&](const recording::Block& block, std::size_t frame) {
          frames.push_back(std::to_string(block.connection(frame)) + " ");
          block.AppendFrame(frame, frames.back());
        });
    REQUIRE(report.ok());
    REQUIRE(report->damages.empty());
    return frames;
  }

  // Waits until so many frames were recorded or dropped.
  void WaitFor(std::uint64_t frame_count) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (probe.recorded() + probe.unrecorded() < frame_count) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::yield();
    }
  }

  TemporaryFolder folder;
  ManualClock clock{kStart};
  telemetry::Registry registry;
  Probe probe{registry};
  RecorderOptions options;
};

TEST_CASE("Recorder: what was received is in the recording, over restarts", "[market_data]") {
  Fixture fixture;
  for (const int life : {0, 1}) {
    const auto recorder = fixture.Open();
    recorder->Record(0, kStart, "{\"a\":" + std::to_string(life) + "}");
    recorder->Record(7, kStart, "{\"b\":" + std::to_string(life) + "}");
  }
  CHECK(fixture.Read() ==
        std::vector<std::string>{"0 {\"a\":0}", "7 {\"b\":0}", "0 {\"a\":1}", "7 {\"b\":1}"});
  CHECK(fixture.probe.recorded() == 4);
  CHECK(fixture.probe.unrecorded() == 0);
}

TEST_CASE("Recorder: a frame without room is dropped and counted, later ones are kept",
          "[market_data]") {
  Fixture fixture;
  fixture.options.queue_bytes_max = 100;
  {
    const auto recorder = fixture.Open();
    recorder->Record(1, kStart, std::string(101, 'x'));
    recorder->Record(1, kStart, "{}");
  }
  CHECK(fixture.Read() == std::vector<std::string>{"1 {}"});
  CHECK(fixture.probe.unrecorded() == 1);
}

TEST_CASE("Recorder: a folder has one recorder", "[market_data]") {
  Fixture fixture;
  const auto recorder = fixture.Open();
  CHECK(Recorder::Open(fixture.options, fixture.clock, fixture.probe).status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("Recorder: hours beyond the retention are removed", "[market_data]") {
  Fixture fixture;
  fixture.options.retention = absl::Hours(2);
  {
    const auto recorder = fixture.Open();
    for (int hour = 0; hour < 4; ++hour) {
      recorder->Record(0, kStart + absl::Hours(hour), std::to_string(hour));
    }
  }
  CHECK(fixture.Read().size() == 4);
  // The first hour ended two hours ago, the second one an hour ago.
  fixture.clock.AdvanceBy(absl::Hours(3));
  {
    const auto recorder = fixture.Open();
    recorder->Record(0, kStart + absl::Hours(3), "again");
    fixture.WaitFor(5);
  }
  CHECK(fixture.Read() == std::vector<std::string>{"0 1", "0 2", "0 3", "0 again"});
}

TEST_CASE("Recorder: a disk that fails is told, and tried again", "[market_data]") {
  Fixture fixture;
  const auto recorder = fixture.Open();
  recorder->Record(0, kStart, "before");
  fixture.WaitFor(1);
  CHECK(recorder->status().ok());
  // A file where the folder was: no hour can begin.
  std::filesystem::remove_all(fixture.options.folder);
  recording::testing::Store(fixture.options.folder, "");
  recorder->Record(0, kStart + absl::Hours(1), "lost");
  fixture.WaitFor(2);
  recorder->Record(0, kStart + absl::Hours(1), "lost too");
  fixture.WaitFor(3);
  CHECK(recorder->status().code() == absl::StatusCode::kUnavailable);
  CHECK(fixture.probe.unrecorded() == 2);
  std::filesystem::remove(fixture.options.folder);
  fixture.clock.AdvanceBy(fixture.options.retry_interval);
  recorder->Record(0, kStart + absl::Hours(1), "after");
  fixture.WaitFor(4);
  CHECK(recorder->status().ok());
  CHECK(fixture.probe.recorded() == 2);
}

}  // namespace
}  // namespace evx::market_data
