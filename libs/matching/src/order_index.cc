#include "order_index.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::matching {

OrderIndex::OrderIndex(const OrderPool& pool)
    : nodes_(&pool[0]), table_(MakeTable(kBucketBitsMin)), size_max_(SizeMax(table_)) {}

OrderIndex::Table OrderIndex::MakeTable(int bits) {
  const std::size_t count = std::size_t{1} << bits;
  // Small tables would waste most of a huge page.
  const PageSize page_size = bits >= 15 ? PageSize::kHuge : PageSize::kSmall;
  return {VirtualArray<Bucket>(count, page_size), static_cast<std::uint32_t>(count - 1)};
}

// Half full, so that few entries have to pass their bucket.
std::size_t OrderIndex::SizeMax(const Table& table) {
  return table.buckets.count() * kLaneCount / 2;
}

OrderIndex::Place OrderIndex::FindOld(OrderId::Value order_id, std::uint32_t tag) const {
  Bucket* bucket = old_.Home(tag);
  while (true) {
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
      const std::uint32_t slot = bucket->slots[lane] - 1;
      if (slot != kNoSlot && nodes_[slot].order_id == order_id) return {slot, tag, lane, bucket};
    }
    if (bucket->passed_count == 0) return {kNoSlot, tag, 0, nullptr};
    bucket = old_.Next(bucket);
  }
}

void OrderIndex::ErasePath(const Place& place) {
  // Nothing is inserted into the old table any more, so its counts may stay too high.
  const Bucket* const begin = table_.buckets.data();
  if (place.bucket < begin || place.bucket > begin + table_.mask) return;
  for (Bucket* bucket = table_.Home(place.tag); bucket != place.bucket;
       bucket = table_.Next(bucket)) {
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
    Bucket& bucket = old_.buckets[old_position_++];
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
      if (bucket.slots[lane] == 0) continue;
      Put(table_, bucket.tags[lane], bucket.slots[lane] - 1);
      bucket.slots[lane] = 0;
    }
  }
  if (old_position_ == old_.buckets.count()) {
    old_ = Table();
    growing_ = false;
  }
}

}  // namespace evx::matching
