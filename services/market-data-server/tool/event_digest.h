#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "evx/core/hash.h"
#include "evx/recording/block.h"

namespace evx::market_data {

// One XXH64 over the rows of events in their order (event_table.h), without the header. Equal for
// two recordings that tell the same, also where their frames are written differently.
class EventDigest {
 public:
  void Add(const recording::Block& block, std::size_t frame);
  std::uint64_t Digest() const { return hash_.Digest(); }

 private:
  Xxh64Stream hash_;
  std::string rows_;
};

}  // namespace evx::market_data
