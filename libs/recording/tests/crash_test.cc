// Kill -9 of a writer at random moments: what Flush has covered is read back exactly once.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "crash_writer.h"
#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

extern char** environ;

namespace evx::recording {
namespace {

using testing::TemporaryFolder;

constexpr int kLifeCount = 24;
// Reports of one life until it is killed.
constexpr std::uint64_t kReportCountMax = 40;

std::uint64_t Seed() {
  const char* const seed = std::getenv("EVX_TEST_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : std::random_device{}();
}

// One life of the writer; what its last report said that Flush had covered.
std::uint64_t RunAndKill(const std::string& folder, std::mt19937_64& random) {
  int out[2];
  REQUIRE(pipe(out) == 0);
  std::string program = EVX_CRASH_WRITER;
  std::string path = folder;
  std::string seed = std::to_string(random());
  char* const arguments[] = {program.data(), path.data(), seed.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, out[0]);
  pid_t pid = 0;
  REQUIRE(posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  std::uint64_t report = 0;
  for (std::uint64_t count = random() % kReportCountMax; count > 0; --count) {
    REQUIRE(read(out[0], &report, sizeof(report)) == sizeof(report));
  }
  REQUIRE(kill(pid, SIGKILL) == 0);
  while (read(out[0], &report, sizeof(report)) == sizeof(report)) {
  }
  close(out[0]);
  int exit_status = 0;
  REQUIRE(waitpid(pid, &exit_status, 0) == pid);
  REQUIRE(WIFSIGNALED(exit_status));
  return report;
}

}  // namespace

TEST_CASE("RecordingWriter: kill -9 loses no flushed frame and doubles none", "[recording]") {
  const std::uint64_t seed = Seed();
  std::printf("RecordingWriter: EVX_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
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
