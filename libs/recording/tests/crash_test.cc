// Kill -9 of a writer at random moments: what Flush has covered is read back exactly once.

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "crash_writer.h"
#include "evx/core/testing/child_process.h"
#include "evx/core/testing/seed.h"
#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

namespace evx::recording {
namespace {

using testing::TemporaryFolder;

constexpr int kLifeCount = 24;
// Reports of one life until it is killed.
constexpr std::uint64_t kReportCountMax = 40;

// One life of the writer; what its last report said that Flush had covered.
std::uint64_t RunAndKill(const std::string& folder, std::mt19937_64& random) {
  evx::testing::ReportingProcess writer({EVX_CRASH_WRITER, folder, std::to_string(random())});
  std::uint64_t report = 0;
  for (std::uint64_t count = random() % kReportCountMax; count > 0; --count) {
    REQUIRE(writer.Read(&report, sizeof(report)));
  }
  writer.Kill();
  while (writer.Read(&report, sizeof(report))) {
  }
  return report;
}

}  // namespace

TEST_CASE("RecordingWriter: kill -9 loses no flushed frame and doubles none", "[recording]") {
  const std::uint32_t seed = evx::testing::TestSeed("RecordingWriter");
  std::mt19937_64 random(seed);
  const TemporaryFolder folder;
  std::uint64_t flushed = 0;
  std::uint64_t kept = 0;
  for (int life = 0; life < kLifeCount; ++life) {
    INFO("seed " << seed << ", life " << life << ", flushed " << flushed);
    flushed = std::max({flushed, kept, RunAndKill(folder.path(), random)});
    std::uint64_t next = 0;
    std::uint64_t wrong_count = 0;
    std::string bytes;
    const auto report =
        ReadRecording(folder.path(), {}, [&](const Block& block, std::size_t frame) {
          bytes.clear();
          block.AppendFrame(frame, bytes);
          if (bytes != CrashFrameText(next) || block.received(frame) != CrashFrameTime(next)) {
            ++wrong_count;
          }
          ++next;
        });
    REQUIRE(report.ok());
    REQUIRE(report->damages.empty());
    REQUIRE(wrong_count == 0);
    REQUIRE(next >= flushed);
    kept = next;
  }
  CHECK(kept > 600);  // More than one segment.
}

}  // namespace evx::recording
