#pragma once

#include <cstddef>
#include <cstdint>

// What bounds a recording. Reaching one of the first three ends a block, never loses a frame.

namespace evx::recording {

// Frames of one block.
inline constexpr std::size_t kBlockFramesMax = 1 << 16;
// Bytes of the raw frames of one block.
inline constexpr std::size_t kBlockRawBytesMax = 32u << 20;
// Bytes of one encoded block. Frames that compress to nothing stay below it with room to spare.
inline constexpr std::size_t kBlockBytesMax = 128u << 20;
// Bytes of one frame; a longer one is refused.
inline constexpr std::size_t kFrameBytesMax = 4u << 20;
// Shapes of frames that one block tells apart; frames of further shapes are stored as they are.
inline constexpr std::size_t kTemplatesMax = 1024;
// Values that one shape may have; frames with more are stored as they are.
inline constexpr std::size_t kSlotsMax = 64;
// Memory that the columns of one decoded block may take; a block that asks for more is damaged.
inline constexpr std::size_t kDecodedBytesMax = 512u << 20;

}  // namespace evx::recording
