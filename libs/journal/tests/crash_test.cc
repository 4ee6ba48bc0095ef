// Crashes at random moments: whatever was reported durable is read back exactly once.

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "evx/core/testing/child_process.h"
#include "evx/core/testing/seed.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "journal_fixture.h"
#include "temporary_directory.h"

namespace evx::journal {
namespace {

using testing::SimulatedFileSystem;

const std::string kDirectory = "/data";

// One life of the writer: appends until a random end; returns what was reported durable.
std::uint64_t RunAndCrash(SimulatedFileSystem& disk, const JournalEnd& end,
                          SimulatedFileSystem::CrashMode mode, std::uint64_t retained,
                          std::vector<std::string>& appended, std::mt19937_64& random) {
  static const SystemClock clock;
  JournalOptions options = SmallOptions(kDirectory);
  options.segment_bytes = 16u << 10;
  options.reserve_bytes = 1u << 10;
  options.batch_bytes_max = random() % 2 == 0 ? 4u << 10 : 1u << 20;
  options.spin = absl::ZeroDuration();
  RecordingListener listener;
  if (random() % 2 == 0) disk.FailAfter(random() % 300);
  auto writer = JournalWriter::Open(disk, options, end, clock, listener);
  if (writer.ok()) {
    (*writer)->Retain(SequenceNumber(retained));
    const std::uint64_t count = random() % 120;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string command(random() % 8 == 0 ? random() % 3000 : random() % 200, '\0');
      for (char& c : command) c = static_cast<char>(random() % 5 == 0 ? 0 : random());
      AppendResult result;
      while ((result = AppendOne(**writer, command)) == AppendResult::kBufferFull) {
        std::this_thread::yield();
      }
      if (result != AppendResult::kAppended) break;
      appended.push_back(std::move(command));
      if (random() % 4 == 0) {
        (void)(*writer)->durable().WaitBeyond(SequenceNumber(appended.size() - 1),
                                              absl::Seconds(30));
      }
    }
  }
  disk.Crash(mode, random);
  if (writer.ok()) writer->reset();
  return listener.durable();
}

TEST_CASE("Crash: after power cuts and kills, what was durable is read back exactly once",
          "[journal]") {
  const std::uint32_t seed = evx::testing::TestSeed("Crash");
  std::mt19937_64 random(seed);
  const auto mode =
      GENERATE(SimulatedFileSystem::CrashMode::kPowerCut, SimulatedFileSystem::CrashMode::kKill);
  SimulatedFileSystem disk;
  std::vector<std::string> appended;  // element i is record i + 1
  std::uint64_t durable = 0;
  std::uint64_t retained = 1;
  for (int life = 0; life < 150; ++life) {
    INFO("seed " << seed << ", life " << life << ", durable " << durable);
    const ReadOutcome outcome = TryReadAll(disk, kDirectory, retained, [&](std::uint64_t sequence) {
      return appended.at(sequence - 1);
    });
    INFO(outcome.status);
    REQUIRE(outcome.result == ReadResult::kEnd);
    REQUIRE(outcome.wrong_at == 0);
    REQUIRE(outcome.next > durable);
    REQUIRE(outcome.next <= appended.size() + 1);
    // What was cut off was never acknowledged, and is written anew with other contents.
    appended.resize(outcome.next - 1);
    if (durable > 0 && random() % 4 == 0) retained = std::max(retained, 1 + random() % durable);
    durable = std::max(durable, RunAndCrash(disk, outcome.end, mode, retained, appended, random));
  }
  CHECK(durable > 150);
}

TEST_CASE("Crash: kill -9 of a real process loses no record it has reported durable", "[journal]") {
  const std::uint32_t seed = evx::testing::TestSeed("Crash");
  std::mt19937_64 random(seed);
  const TemporaryDirectory directory;
  std::uint64_t durable = 0;
  for (int life = 0; life < 8; ++life) {
    INFO("seed " << seed << ", life " << life);
    evx::testing::ReportingProcess writer({EVX_CRASH_WRITER, directory.path()});
    // Each time more is durable; killed after a random number of them.
    const std::uint64_t report_count = random() % 200;
    std::uint64_t report = 0;
    for (std::uint64_t i = 0; i < report_count; ++i) {
      REQUIRE(writer.Read(&report, sizeof(report)));
    }
    writer.Kill();
    while (writer.Read(&report, sizeof(report))) {
    }

    durable = std::max(durable, report);
    const JournalEnd end = ReadAll(PosixFileSystem(), directory.path());
    REQUIRE(end.next_sequence.value() > durable);
  }
}

}  // namespace
}  // namespace evx::journal
