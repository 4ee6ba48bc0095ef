// What reads a segment against arbitrary bytes. The input's first byte chooses what they are: 0, a
// segment file; 1, what follows a sound segment header; 2, the payload of a block, whose checksum
// would keep the fuzzer out otherwise. Whatever comes out is an error or some frames, never a
// crash.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "evx/core/check.h"
#include "evx/recording/block.h"
#include "evx/recording/segment.h"

namespace {

using namespace evx::recording;

void ReadBlock(std::string_view payload) {
  const auto block = Block::Decode(payload);
  if (!block.ok()) return;
  std::string frame;
  for (std::size_t i = 0; i < block->frame_count(); ++i) {
    frame.clear();
    block->AppendFrame(i, frame);
    (void)block->EventOf(i);
    (void)block->LevelsOf(i, evx::ContractSide::kYes);
    (void)block->LevelsOf(i, evx::ContractSide::kNo);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 2) {
    ReadBlock(bytes);
    return 0;
  }
  if (data[0] % 3 == 1) bytes.insert(0, EncodeSegmentHeader(evx::Timestamp::FromSeconds(3600)));
  const auto scan = ScanSegment(bytes);
  if (!scan.ok()) return 0;
  EVX_CHECK(scan->sound_size <= bytes.size());
  for (const BlockPlace& place : scan->blocks) {
    ReadBlock(std::string_view(bytes).substr(place.payload_offset, place.payload_size));
  }
  return 0;
}
