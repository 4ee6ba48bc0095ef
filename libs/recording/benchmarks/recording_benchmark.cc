#include <zstd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"
#include "evx/recording/block.h"
#include "evx/recording/frame_log.h"

// Recorded frames of a folder as blocks, against `zstd -19` of the same frames, one a line and
// without their receive times (which the blocks hold too). Prints three JSON lines: bytes written,
// raw bytes written and raw bytes re-created per CPU second. Every frame is re-created and
// compared. Of the files, sorted by path, each EVERYth is taken; the reference writes about 1.2 MB
// a second.
//
// usage: evx_recording_benchmark FOLDER [EVERY]

namespace evx::recording {
namespace {

using evx::testing::ThreadCpuSeconds;

struct RecordedFrame {
  Timestamp received;
  std::string bytes;
};

constexpr int kReferenceLevel = 19;

struct Measured {
  std::size_t bytes = 0;
  double seconds = 0;
  double read_seconds = 0;
};

// CPU seconds that it takes to decode the block and make all its frames.
double ReadBlock(const std::string& bytes) {
  const double start = ThreadCpuSeconds();
  const absl::StatusOr<Block> block = Block::Decode(bytes);
  EVX_CHECK(block.ok());
  std::string frame;
  for (std::size_t i = 0; i < block->frame_count(); ++i) {
    frame.clear();
    block->AppendFrame(i, frame);
  }
  return ThreadCpuSeconds() - start;
}

void Compare(const std::string& bytes, const std::vector<RecordedFrame>& frames,
             std::size_t begin) {
  const absl::StatusOr<Block> block = Block::Decode(bytes);
  EVX_CHECK(block.ok());
  std::string again;
  for (std::size_t i = 0; i < block->frame_count(); ++i) {
    again.clear();
    block->AppendFrame(i, again);
    EVX_CHECK(again == frames[begin + i].bytes);
    EVX_CHECK(block->received(i) == frames[begin + i].received);
  }
}

Measured WriteBlocks(const std::vector<RecordedFrame>& frames) {
  Measured measured;
  BlockEncoder encoder;
  std::size_t begin = 0;
  std::size_t next = 0;
  while (begin < frames.size()) {
    const double start = ThreadCpuSeconds();
    while (next < frames.size() &&
           encoder.Add({frames[next].received, 0, frames[next].bytes}).ok()) {
      ++next;
    }
    const std::string bytes = encoder.Finish();
    measured.seconds += ThreadCpuSeconds() - start;
    measured.bytes += bytes.size();
    measured.read_seconds += ReadBlock(bytes);
    Compare(bytes, frames, begin);
    begin = next;
  }
  return measured;
}

Measured WriteReference(const std::vector<RecordedFrame>& frames) {
  std::string text;
  for (const RecordedFrame& frame : frames) {
    text += frame.bytes;
    text += '\n';
  }
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const double start = ThreadCpuSeconds();
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), text.data(), text.size(), kReferenceLevel);
  EVX_CHECK(!ZSTD_isError(size));
  return {size, ThreadCpuSeconds() - start};
}

std::vector<RecordedFrame> ReadFrames(const std::string& folder, std::size_t every) {
  std::vector<RecordedFrame> frames;
  const std::vector<std::string> paths = FindFrameLogs(folder);
  for (std::size_t i = 0; i < paths.size(); i += every) {
    absl::StatusOr<FrameLogReader> reader = FrameLogReader::Open(paths[i]);
    EVX_CHECK(reader.ok());
    while (true) {
      const absl::StatusOr<std::optional<LoggedFrame>> logged = reader->Next();
      EVX_CHECK(logged.ok());
      if (!*logged) break;
      const Frame& frame = (*logged)->frame;
      frames.push_back({frame.received, std::string(frame.bytes)});
    }
  }
  return frames;
}

int Main(const std::string& folder, std::size_t every) {
  const std::vector<RecordedFrame> frames = ReadFrames(folder, every);
  if (frames.empty()) {
    std::fprintf(stderr, "no recorded files in %s\n", folder.c_str());
    return 77;
  }
  std::size_t raw = 0;
  for (const RecordedFrame& frame : frames) raw += frame.bytes.size() + 1;
  const Measured ours = WriteBlocks(frames);
  const Measured reference = WriteReference(frames);
  std::printf(
      "{\"row\":\"recording_size\",\"measured\":%zu,\"reference\":%zu,\"unit\":\"bytes\"}\n",
      ours.bytes, reference.bytes);
  std::printf(
      "{\"row\":\"recording_speed\",\"measured\":%.0f,\"reference\":%.0f,\"unit\":\"bytes/s\"}\n",
      static_cast<double>(raw) / ours.seconds, static_cast<double>(raw) / reference.seconds);
  std::printf("{\"row\":\"recording_read\",\"measured\":%.0f,\"unit\":\"bytes/s\"}\n",
              static_cast<double>(raw) / ours.read_seconds);
  return 0;
}

}  // namespace
}  // namespace evx::recording

int main(int argc, char** argv) {
  const int every = argc < 3 ? 1 : std::atoi(argv[2]);
  if (argc < 2 || every < 1) {
    std::fprintf(stderr, "usage: %s FOLDER [EVERY]\n", argv[0]);
    return 2;
  }
  return evx::recording::Main(argv[1], static_cast<std::size_t>(every));
}
