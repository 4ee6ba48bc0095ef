#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "evx/recording/block.h"
#include "evx/recording/frame_log.h"

namespace evx::recording {
namespace {

// The recorded files of a set; none, with a line on stderr, where they are missing.
std::vector<std::string> RecordedFiles(const std::string& set) {
  const char* shared = std::getenv("EVX_SHARED_DIR");
  const auto folder = std::filesystem::path(shared != nullptr ? shared : EVX_SHARED_DIR_DEFAULT) /
                      "data" / "kalshi-recorded" / set;
  std::vector<std::string> files = FindFrameLogs(folder.string());
  if (files.empty()) {
    std::cerr << "skipped: " << folder << " is not there; set EVX_SHARED_DIR\n";
  }
  return files;
}

struct Compared {
  std::size_t frames = 0;
  std::size_t unequal = 0;
  std::size_t escaped = 0;
  std::size_t not_understood = 0;
};

void Compare(BlockEncoder& encoder, std::vector<std::string>& frames,
             std::vector<Timestamp>& received, Compared& compared) {
  compared.escaped += encoder.escaped_count();
  const auto block = Block::Decode(encoder.Finish());
  REQUIRE(block.ok());
  REQUIRE(block->frame_count() == frames.size());
  std::string again;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    again.clear();
    block->AppendFrame(i, again);
    if (again != frames[i] || block->received(i) != received[i]) ++compared.unequal;
    if (block->EventOf(i).kind == EventKind::kOther) ++compared.not_understood;
  }
  compared.frames += frames.size();
  frames.clear();
  received.clear();
}

Compared EncodeAndCompare(const std::string& path) {
  Compared compared;
  auto reader = FrameLogReader::Open(path);
  REQUIRE(reader.ok());
  BlockEncoder encoder;
  std::vector<std::string> frames;
  std::vector<Timestamp> received;
  while (true) {
    const auto logged = reader->Next();
    REQUIRE(logged.ok());
    if (!*logged) break;
    const Frame& frame = (*logged)->frame;
    if (!encoder.Add(frame).ok()) {
      Compare(encoder, frames, received, compared);
      REQUIRE(encoder.Add(frame).ok());
    }
    frames.emplace_back(frame.bytes);
    received.push_back(frame.received);
  }
  Compare(encoder, frames, received, compared);
  return compared;
}

}  // namespace

TEST_CASE("Block: recorded sessions of the venue come back byte for byte, all as events",
          "[recording]") {
  const std::string set = GENERATE("gold15m-l2", "btc15m-l2");
  CAPTURE(set);
  for (const std::string& path : RecordedFiles(set)) {
    CAPTURE(path);
    const Compared compared = EncodeAndCompare(path);
    CHECK(compared.frames > 0);
    CHECK(compared.unequal == 0);
    CHECK(compared.escaped == 0);
    CHECK(compared.not_understood == 0);
  }
}

}  // namespace evx::recording
