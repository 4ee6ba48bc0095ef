#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "evx/core/ids.h"
#include "evx/core/virtual_array.h"
#include "evx/matching/order.h"
#include "order_pool.h"

namespace evx::matching {

// Order id to slot: a hash table of one-cache-line buckets. A lookup compares the one-byte tags of
// a bucket at once, so that it seldom takes a wrong turn; the order's node decides equality. Four
// consecutive ids share a bucket and consecutive groups are neighbors, because ids are usually
// handed out in order: young orders lie together, and insertions walk through memory.
//
// The table doubles step by step: while an old table exists every insertion moves a few of its
// buckets, and lookups ask both, so that no single command pays for the growth.
class OrderIndex {
 public:
  OrderIndex(const OrderPool& pool, PageSize page_size);

  struct Bucket;
  // Where an id was found. Valid until the next change of the index.
  struct Place {
    OrderSlot slot;  // kNoSlot: the id is not there.
    std::uint32_t lane;
    Bucket* bucket;
    Bucket* home;
  };

  [[gnu::always_inline]] Place Find(OrderId::Value order_id) const {
    Bucket* const home = table_.Home(order_id);
    const std::uint8_t tag = Tag(order_id);
    Bucket* bucket = home;
    while (true) {
      for (std::uint32_t lanes = bucket->Lanes(tag); lanes != 0; lanes &= lanes - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(lanes));
        const OrderSlot slot = bucket->slots[lane];
        if (nodes_[slot].order_id == order_id) [[likely]]
          return {slot, lane, bucket, home};
      }
      if (bucket->passed_count == 0) [[likely]]
        break;
      bucket = table_.Next(bucket);
    }
    if (growing_) [[unlikely]]
      return FindOld(order_id);
    return {kNoSlot, 0, nullptr, nullptr};
  }

  void Prefetch(OrderId::Value order_id) const { __builtin_prefetch(table_.Home(order_id)); }
  // The slot of the first order of the id's bucket that may be it; reads the bucket alone.
  OrderSlot Guess(OrderId::Value order_id) const {
    const Bucket* const home = table_.Home(order_id);
    const std::uint32_t lanes = home->Lanes(Tag(order_id));
    return lanes == 0 ? kNoSlot : home->slots[std::countr_zero(lanes)];
  }

  // The id must not be there.
  [[gnu::always_inline]] void Insert(OrderId::Value order_id, OrderSlot slot) {
    if (++size_ > size_max_ || growing_) [[unlikely]]
      Grow();
    table_.Put(order_id, slot);
  }

  // `place` came from Find, which found an order, and the index did not change since.
  [[gnu::always_inline]] void Erase(const Place& place) {
    --size_;
    place.bucket->tags[place.lane] = 0;
    if (place.bucket != place.home) [[unlikely]]
      ErasePath(place);
  }

  std::size_t memory_bytes() const {
    return (table_.buckets.count() + old_.buckets.count()) * sizeof(Bucket);
  }

  static constexpr std::uint32_t kLaneCount = 12;
  struct alignas(64) Bucket {
    std::uint8_t tags[kLaneCount];  // 0: free.
    // Entries that found this bucket full on their way and lie in a later one.
    std::uint32_t passed_count;
    OrderSlot slots[kLaneCount];

    // Bit i: tags[i] == tag.
    std::uint32_t Lanes(std::uint8_t tag) const {
#ifdef __SSE2__
      const __m128i line = _mm_load_si128(reinterpret_cast<const __m128i*>(tags));
      const __m128i equal = _mm_cmpeq_epi8(line, _mm_set1_epi8(static_cast<char>(tag)));
      return static_cast<std::uint32_t>(_mm_movemask_epi8(equal)) & ((1U << kLaneCount) - 1);
#else
      std::uint32_t lanes = 0;
      for (std::uint32_t i = 0; i < kLaneCount; ++i) lanes |= (tags[i] == tag ? 1U : 0U) << i;
      return lanes;
#endif
    }
  };

 private:
  static constexpr int kBucketBitsMin = 8;
  static constexpr int kHugeBucketBitsMin = 15;  // Smaller tables would waste most of a huge page.
  // Old buckets that one insertion moves. They are all moved before the new table is full.
  static constexpr std::size_t kMoveCount = 2;

  static constexpr std::uint64_t kGolden = 0x9e37'79b9'7f4a'7c15;
  static std::uint8_t Tag(OrderId::Value order_id) {
    return static_cast<std::uint8_t>(order_id * kGolden >> 56 | 0x80);
  }

  struct Table {
    VirtualArray<Bucket> buckets;
    std::uint32_t mask = 0;

    // Groups of four in order. Every 2^20 ids the order starts somewhere else, which serves
    // callers whose ids are multiples of a large power of two.
    Bucket* Home(OrderId::Value order_id) const {
      const std::uint64_t start = (order_id >> 20) * kGolden >> 32;
      return &buckets[((order_id >> 2) + start) & mask];
    }
    bool Holds(const Bucket* bucket) const {
      return bucket >= buckets.data() && bucket <= buckets.data() + mask;
    }
    Bucket* Next(const Bucket* bucket) const {
      return &buckets[static_cast<std::size_t>(bucket - buckets.data() + 1) & mask];
    }
    [[gnu::always_inline]] void Put(OrderId::Value order_id, OrderSlot slot) const {
      Bucket* bucket = Home(order_id);
      std::uint32_t free = bucket->Lanes(0);
      while (free == 0) [[unlikely]] {
          ++bucket->passed_count;
          bucket = Next(bucket);
          free = bucket->Lanes(0);
        }
      const auto lane = static_cast<std::uint32_t>(std::countr_zero(free));
      bucket->tags[lane] = Tag(order_id);
      bucket->slots[lane] = slot;
    }
  };

  Place FindOld(OrderId::Value order_id) const;
  // Takes an entry that lies beyond its home off the counts on its way.
  void ErasePath(const Place& place);
  void Grow();
  Table MakeTable(int bits) const;
  static std::size_t SizeMax(const Table& table);

  const OrderNode* const nodes_;
  const PageSize page_size_;
  Table table_;
  bool growing_ = false;
  std::size_t size_ = 0;  // Both tables.
  std::size_t size_max_ = 0;

  Table old_;
  std::size_t old_position_ = 0;  // Buckets below were moved.
};

}  // namespace evx::matching
