#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "evx/recording/block.h"
#include "evx/recording/testing/recorded_files.h"

namespace evx::recording {
namespace {

// The recorded files of a set; none, with a line on stderr, where they are missing.
std::vector<std::string> RecordedFiles(const std::string& set) {
  const char* shared = std::getenv("EVX_SHARED_DIR");
  const auto folder = std::filesystem::path(shared != nullptr ? shared : EVX_SHARED_DIR_DEFAULT) /
                      "data" / "kalshi-recorded" / set;
  std::vector<std::string> files = testing::FindRecordedFiles(folder.string());
  if (files.empty()) {
    std::cerr << "skipped: " << folder << " is not there; set EVX_SHARED_DIR\n";
  }
  return files;
}

}  // namespace

TEST_CASE("Block: recorded sessions of the venue come back byte for byte, all as events",
          "[recording]") {
  const std::string set = GENERATE("gold15m-l2", "btc15m-l2");
  CAPTURE(set);
  for (const std::string& path : RecordedFiles(set)) {
    CAPTURE(path);
    const std::vector<testing::RecordedFrame> frames = testing::ReadRecordedFile(path);
    std::size_t next = 0;
    while (next < frames.size()) {
      const std::size_t begin = next;
      BlockEncoder encoder;
      while (next < frames.size() &&
             encoder.Add({frames[next].received, 0, frames[next].bytes}).ok()) {
        ++next;
      }
      CHECK(encoder.escaped_count() == 0);
      const auto block = Block::Decode(encoder.Finish());
      REQUIRE(block.ok());
      std::string again;
      std::size_t unequal = 0;
      std::size_t not_understood = 0;
      for (std::size_t i = 0; i < block->frame_count(); ++i) {
        again.clear();
        block->AppendFrame(i, again);
        const auto& frame = frames[begin + i];
        if (again != frame.bytes || block->received(i) != frame.received) ++unequal;
        if (block->EventOf(i).kind == EventKind::kOther) ++not_understood;
      }
      CHECK(unequal == 0);
      CHECK(not_understood == 0);
    }
  }
}

}  // namespace evx::recording
