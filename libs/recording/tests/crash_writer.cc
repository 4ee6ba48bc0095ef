// Appends frames to the recording in the folder given, and writes the number of frames that the
// last Flush has covered to stdout as 8 bytes after each, until it is killed.

#include "crash_writer.h"

#include <unistd.h>

#include <random>
#include <string>

#include "evx/core/check.h"
#include "evx/recording/writer.h"

namespace evx::recording {
namespace {

void Run(const std::string& folder, std::uint64_t seed) {
  auto writer = RecordingWriter::Open(folder);
  EVX_CHECK(writer.ok());
  const auto report = ReadRecording(folder, {}, [](const Block&, std::size_t) {});
  EVX_CHECK(report.ok());
  std::uint64_t next = report->frame_count;
  std::mt19937_64 random(seed);
  while (true) {
    for (std::uint64_t count = random() % 60; count > 0; --count, ++next) {
      const std::string text = CrashFrameText(next);
      EVX_CHECK((*writer)->Append({CrashFrameTime(next), 1, text}).ok());
    }
    if (random() % 4 == 0) EVX_CHECK((*writer)->Seal().ok());
    EVX_CHECK((*writer)->Flush().ok());
    EVX_CHECK(write(STDOUT_FILENO, &next, sizeof(next)) == sizeof(next));
  }
}

}  // namespace
}  // namespace evx::recording

int main(int argc, char** argv) {
  EVX_CHECK(argc == 3);
  evx::recording::Run(argv[1], std::stoull(argv[2]));
}
