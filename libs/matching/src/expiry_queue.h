#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/btree_set.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/matching/order.h"

namespace evx::matching {

// Live orders that expire, ordered by expiration and then order id. Every change costs O(log n).
class ExpiryQueue {
 public:
  struct Entry {
    Timestamp expiration;
    OrderId order_id;
    OrderSlot slot;
    friend constexpr auto operator<=>(const Entry&, const Entry&) = default;
  };

  void Add(const Entry& entry) { entries_.insert(entry); }
  void Remove(const Entry& entry) { entries_.erase(entry); }

  // The first entry at or before `now`; null if there is none.
  const Entry* FirstDue(Timestamp now) const {
    if (entries_.empty() || entries_.begin()->expiration > now) return nullptr;
    return &*entries_.begin();
  }

  std::optional<Timestamp> Next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->expiration;
  }

  // Nodes of the tree are at least half full.
  std::size_t memory_bytes() const { return 2 * entries_.size() * sizeof(Entry); }

 private:
  absl::btree_set<Entry> entries_;
};

}  // namespace evx::matching
