#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/recording/block.h"

// The bytes of a segment: a header, then blocks with their index entries. No input or output.
//
//   header := "EVXRECS1" hour:i64 checksum:u64
//   block  := "EVXB" index_size:u32 payload_size:u32 first_frame:u64 payload_checksum:u64
//             header_checksum:u64 index payload
//
// Checksums are XXH64. What is not sound at the end of a segment is a torn tail, a write that a
// crash cut short, unless it has a sound header and its full length. Everything else not sound is
// damage.

namespace evx::recording {

struct MarketEntry {
  std::string ticker;
  std::uint32_t event_count = 0;

  friend bool operator==(const MarketEntry&, const MarketEntry&) = default;
};

// What is known of a block without decoding it.
struct BlockIndex {
  std::uint64_t first_frame = 0;  // Counted from the begin of the segment.
  std::uint32_t frame_count = 0;
  Timestamp received_min;
  Timestamp received_max;
  std::vector<MarketEntry> markets;  // Sorted by ticker.

  bool Has(std::string_view ticker) const;
};

struct BlockPlace {
  BlockIndex index;
  std::size_t offset = 0;          // Of the block in the file.
  std::size_t payload_offset = 0;  // Of what Block::Decode takes.
  std::size_t payload_size = 0;
};

struct SegmentScan {
  Timestamp hour;
  std::vector<BlockPlace> blocks;
  // Where blocks are damaged; those around them are in `blocks`.
  std::vector<std::size_t> damaged_offsets;
  // Where a torn tail begins; the size of the segment without one.
  std::size_t sound_size = 0;
  // Number of the frame after the last one.
  std::uint64_t frame_count = 0;
};

std::string EncodeSegmentHeader(Timestamp hour);

// `payload` is a block of BlockEncoder. DATA_LOSS where it is none.
absl::StatusOr<std::string> EncodeSegmentBlock(std::uint64_t first_frame, std::string_view payload);

// DATA_LOSS where the header is not sound. Cost: one pass over the bytes for the checksums.
absl::StatusOr<SegmentScan> ScanSegment(std::string_view bytes);

}  // namespace evx::recording
