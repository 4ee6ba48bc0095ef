#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/sides.h"

namespace evx::soak {

// A market's book as one WebSocket client knows it: a snapshot and the deltas behind it.
class FoldedBook {
 public:
  // Replace the book, change a level. False, and the book is not to be trusted any more, when the
  // message cannot be read or a level would become negative.
  bool ApplySnapshot(std::string_view message);
  bool ApplyDelta(std::string_view message);

  // XXH64 over the ticker, then each level, bids best first and asks best first: a byte (0 bid, 1
  // ask), the YES price in micro-dollars, the quantity in hundredths of a contract, both as 64-bit
  // little-endian integers. tests/book_hash.py is the same in Python.
  std::uint64_t Hash(std::string_view ticker) const;
  std::size_t level_count() const { return bids_.size() + asks_.size(); }
  // "bid 560000 1200, ..." as hashed.
  std::string Describe() const;

 private:
  // Price in micro-dollars and quantity in hundredths, best first.
  using Levels = std::vector<std::pair<std::int64_t, std::int64_t>>;

  static bool ReadLevels(std::string_view message, std::string_view name, BookSide side,
                         Levels& levels);
  template <class Visit>
  void ForEach(Visit visit) const;

  Levels bids_;
  Levels asks_;
};

}  // namespace evx::soak
