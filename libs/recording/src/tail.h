#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evx/recording/block.h"

// The open block's frames on disk: number:u64 received:i64 connection:u32 size:u32 bytes
// checksum:u64.

namespace evx::recording {

void AppendTailRecord(std::uint64_t number, const Frame& frame, std::string& out);

struct Tail {
  // Views into the bytes; contiguous.
  std::vector<Frame> frames;
  // Number of the first of them: the one asked for, or a later one where the block before the tail
  // was damaged.
  std::uint64_t first_number = 0;
  // End of the last sound record.
  std::size_t sound_size = 0;
};

// Reads up to the first record that is not sound; leaves out numbers below `first_number`, whose
// frames are in a block.
Tail ReadTail(std::string_view bytes, std::uint64_t first_number);

}  // namespace evx::recording
