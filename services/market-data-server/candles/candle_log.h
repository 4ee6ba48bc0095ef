#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "evx/core/check.h"

namespace evx::market_data {

// Finished periods of all markets, oldest first, at most so many: beyond that the oldest one goes,
// whoever it is of. Each knows the one before it of its market, so that a market's are read from
// the newest to the oldest. Memory is taken as it is needed. Not thread-safe.
template <class Period>
class CandleLog {
 public:
  // Position of a period, from 1 on; 0 where there is none.
  using Place = std::int64_t;

  struct Entry {
    Period period;
    Place before = 0;
  };
  static constexpr std::size_t kEntryBytes = sizeof(Entry);

  explicit CandleLog(std::size_t entry_count_max) : entry_count_max_(entry_count_max) {
    EVX_CHECK(entry_count_max > 0);
  }

  Place Append(const Period& period, Place before) {
    if (entries_.size() == entry_count_max_) {
      entries_.pop_front();
      ++first_place_;
    }
    entries_.push_back({period, before});
    return first_place_ + static_cast<Place>(entries_.size()) - 1;
  }
  // Null: 0, or gone by now.
  const Entry* Find(Place place) const {
    if (place < first_place_) return nullptr;
    return &entries_[static_cast<std::size_t>(place - first_place_)];
  }
  std::size_t size() const { return entries_.size(); }

 private:
  const std::size_t entry_count_max_;
  std::deque<Entry> entries_;
  Place first_place_ = 1;
};

}  // namespace evx::market_data
