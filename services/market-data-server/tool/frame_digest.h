#pragma once

#include <cstdint>
#include <string>

#include "evx/core/hash.h"
#include "evx/recording/block.h"

namespace evx::market_data {

// One XXH64 over frames in their order: of each the receive time in nanoseconds (8 bytes little
// endian), the connection (4 bytes), the number of its bytes (4) and the bytes. Equal for two
// recordings that hold the same frames, however they are stored.
class FrameDigest {
 public:
  void Add(const recording::Frame& frame);

  std::uint64_t frame_count() const { return frame_count_; }
  std::uint64_t raw_bytes() const { return raw_bytes_; }
  std::uint64_t Digest() const { return hash_.Digest(); }

 private:
  Xxh64Stream hash_;
  std::string head_;
  std::uint64_t frame_count_ = 0;
  std::uint64_t raw_bytes_ = 0;
};

}  // namespace evx::market_data
