#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "evx/core/hash.h"
#include "evx/recording/writer.h"

// `sample/` is a recorded session of the venue, one 15-minute market, as this library stored it
// when the format was made: what was written once stays readable, frame for frame.

namespace evx::recording {
namespace {

constexpr std::uint64_t kFrameCount = 23'003;
// XXH64 of the received frames, a line break after each.
constexpr std::uint64_t kFramesHash = 0xdfdabc858cc3e701;

}  // namespace

TEST_CASE("Sample: a stored session is read as its frames were received", "[recording]") {
  Xxh64Stream hash;
  std::map<EventKind, int> kinds;
  std::string bytes;
  // Each block again, as this build writes it.
  BlockEncoder encoder;
  std::vector<std::string> frames;
  const auto report =
      ReadRecording(EVX_RECORDING_SAMPLE, {}, [&](const Block& block, std::size_t frame) {
        bytes.clear();
        block.AppendFrame(frame, bytes);
        REQUIRE(encoder.Add({block.received(frame), block.connection(frame), bytes}).ok());
        bytes += '\n';
        hash.Update(bytes);
        ++kinds[block.EventOf(frame).kind];
      });
  REQUIRE(report.ok());
  CHECK(report->damages.empty());
  CHECK(report->frame_count == kFrameCount);
  CHECK(hash.Digest() == kFramesHash);
  CHECK(kinds == std::map<EventKind, int>{{EventKind::kSnapshot, 2},
                                          {EventKind::kDelta, 22'024},
                                          {EventKind::kTrade, 977}});
  CHECK(encoder.escaped_count() == 0);
  const auto again = Block::Decode(encoder.Finish());
  REQUIRE(again.ok());
  Xxh64Stream hash_again;
  for (std::size_t i = 0; i < again->frame_count(); ++i) {
    bytes.clear();
    again->AppendFrame(i, bytes);
    bytes += '\n';
    hash_again.Update(bytes);
  }
  CHECK(hash_again.Digest() == kFramesHash);
}

}  // namespace evx::recording
