#include "order_index.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::matching {

OrderIndex::OrderIndex(const OrderPool& pool, PageSize page_size)
    : nodes_(&pool[0]),
      page_size_(page_size),
      table_(MakeTable(kBucketBitsMin)),
      size_max_(SizeMax(table_)) {}

OrderIndex::Table OrderIndex::MakeTable(int bits) const {
  const std::size_t count = std::size_t{1} << bits;
  return {VirtualArray<Bucket>(count, bits >= kHugeBucketBitsMin ? page_size_ : PageSize::kSmall),
          static_cast<std::uint32_t>(count - 1)};
}

// Two thirds full, so that few entries have to pass their bucket.
std::size_t OrderIndex::SizeMax(const Table& table) {
  return table.buckets.count() * kLaneCount * 2 / 3;
}

OrderIndex::Place OrderIndex::FindOld(OrderId::Value order_id) const {
  Bucket* const home = old_.Home(order_id);
  for (Bucket* bucket = home;; bucket = old_.Next(bucket)) {
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
      if (bucket->tags[lane] == 0) continue;
      const OrderSlot slot = bucket->slots[lane];
      if (nodes_[slot].order_id == order_id) return {slot, lane, bucket, home};
    }
    if (bucket->passed_count == 0) return {kNoSlot, 0, nullptr, nullptr};
  }
}

void OrderIndex::ErasePath(const Place& place) {
  const Table& table = growing_ && old_.Holds(place.bucket) ? old_ : table_;
  for (Bucket* bucket = place.home; bucket != place.bucket; bucket = table.Next(bucket)) {
    EVX_CHECK(bucket->passed_count > 0);
    --bucket->passed_count;
  }
}

void OrderIndex::Grow() {
  if (!growing_) {
    const int bits = std::countr_zero(table_.buckets.count()) + 1;
    old_ = std::exchange(table_, MakeTable(bits));
    old_position_ = 0;
    size_max_ = SizeMax(table_);
    growing_ = true;
  }
  for (std::size_t i = 0; i < kMoveCount && old_position_ < old_.buckets.count(); ++i) {
    // The counts of passed entries stay: nothing is inserted into the old table any more.
    Bucket& bucket = old_.buckets[old_position_++];
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
      if (bucket.tags[lane] == 0) continue;
      table_.Put(nodes_[bucket.slots[lane]].order_id, bucket.slots[lane]);
      bucket.tags[lane] = 0;
    }
  }
  if (old_position_ == old_.buckets.count()) {
    old_ = Table();
    growing_ = false;
  }
}

}  // namespace evx::matching
