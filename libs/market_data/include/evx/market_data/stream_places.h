#pragma once

#include <array>
#include <cstdint>

#include "evx/core/check.h"
#include "evx/market_data/topic.h"

namespace evx::market_data {

// Where the three streams of a market stand.
struct StreamPlaces {
  // By Topic: the number of the last message; 0: none.
  std::array<std::int64_t, kStreamCount> sequences{};
  // The last message of the book is no gap, and there is one: readers take the book for right.
  bool is_book_trusted = false;

  std::int64_t& operator[](Topic topic) {
    EVX_CHECK(static_cast<std::size_t>(topic) < kStreamCount);
    return sequences[static_cast<std::size_t>(topic)];
  }
  std::int64_t operator[](Topic topic) const {
    EVX_CHECK(static_cast<std::size_t>(topic) < kStreamCount);
    return sequences[static_cast<std::size_t>(topic)];
  }
  friend bool operator==(const StreamPlaces&, const StreamPlaces&) = default;
};

}  // namespace evx::market_data
