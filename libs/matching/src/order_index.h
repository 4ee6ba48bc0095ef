#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "evx/core/ids.h"
#include "evx/matching/order.h"
#include "order_pool.h"
#include "virtual_array.h"

namespace evx::matching {

// Order id to slot: a hash table of one-cache-line buckets. A lookup compares the seven tags of a
// bucket at once, so that it seldom takes a wrong turn; the order's node decides equality. Four
// consecutive ids share a bucket and consecutive groups are neighbors, because ids are usually
// handed out in order: young orders lie together, and insertions walk through memory.
//
// The table doubles step by step: while an old table exists every insertion moves a few of its
// buckets, and lookups ask both, so that no single command pays for the growth.
class OrderIndex {
 public:
  explicit OrderIndex(const OrderPool& pool);

  struct Bucket;
  // Where an id was found, or would be put. Valid until the next change of the index.
  struct Place {
    OrderSlot slot;  // kNoSlot: the id is not there.
    std::uint32_t tag;
    std::uint32_t lane;
    Bucket* bucket;
  };

  [[gnu::always_inline]] Place Find(OrderId::Value order_id) const {
    const std::uint32_t tag = Tag(order_id);
    Bucket* const home = table_.Home(tag);
    Bucket* bucket = home;
    while (true) {
      for (std::uint32_t lanes = Lanes(bucket->tags, tag); lanes != 0; lanes &= lanes - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(lanes));
        const std::uint32_t slot = bucket->slots[lane] - 1;  // Becomes kNoSlot in a free lane.
        if (slot != kNoSlot && nodes_[slot].order_id == order_id) [[likely]] {
          return {slot, tag, lane, bucket};
        }
      }
      if (bucket->passed_count == 0) [[likely]]
        break;
      bucket = table_.Next(bucket);
    }
    if (growing_) [[unlikely]]
      return FindOld(order_id, tag);
    return {kNoSlot, tag, 0, home};
  }

  // `place` came from Find, which found nothing. It need not be recent.
  [[gnu::always_inline]] void Insert(const Place& place, OrderSlot slot) {
    if (++size_ > size_max_ || growing_) [[unlikely]]
      Grow();
    Put(table_, place.tag, slot);
  }

  // `place` came from Find, which found an order, and the index did not change since.
  [[gnu::always_inline]] void Erase(const Place& place) {
    --size_;
    place.bucket->slots[place.lane] = 0;
    place.bucket->tags[place.lane] = ~place.tag;
    if (place.bucket != table_.Home(place.tag)) [[unlikely]]
      ErasePath(place);
  }
  // The id must be there.
  [[gnu::always_inline]] void Erase(OrderId::Value order_id, OrderSlot slot) {
    const std::uint32_t tag = Tag(order_id);
    Bucket* const bucket = table_.Home(tag);
    const std::uint32_t lanes = Lanes(bucket->slots, slot + 1);
    if (lanes == 0) [[unlikely]] {
      Erase(Find(order_id));
      return;
    }
    --size_;
    const auto lane = static_cast<std::uint32_t>(std::countr_zero(lanes));
    bucket->slots[lane] = 0;
    bucket->tags[lane] = ~tag;
  }

  std::size_t memory_bytes() const {
    return (table_.buckets.count() + old_.buckets.count()) * sizeof(Bucket);
  }

  static constexpr std::uint32_t kLaneCount = 7;
  struct alignas(64) Bucket {
    std::uint32_t tags[kLaneCount];
    // Entries that found this bucket full on their way and lie in a later one.
    std::uint32_t passed_count;
    std::uint32_t slots[kLaneCount];  // Plus one; 0: free.
    std::uint32_t unused;
  };

 private:
  static constexpr int kBucketBitsMin = 8;
  // Old buckets that one insertion moves. They are all moved before the new table is full.
  static constexpr std::size_t kMoveCount = 8;

  struct Table {
    VirtualArray<Bucket> buckets;
    std::uint32_t mask = 0;

    Bucket* Home(std::uint32_t tag) const {
      // Groups of four in order; every 2^20 ids start somewhere else, which serves callers whose
      // ids are multiples of a large power of two.
      return &buckets[((tag >> 2) + (tag >> 20) * 0x9e3779b1U) & mask];
    }
    Bucket* Next(const Bucket* bucket) const {
      return &buckets[(static_cast<std::uint32_t>(bucket - buckets.data()) + 1) & mask];
    }
  };

  // Keeps the order of ids that share their upper half.
  static std::uint32_t Tag(OrderId::Value order_id) {
    return static_cast<std::uint32_t>(order_id) +
           static_cast<std::uint32_t>(order_id >> 32) * 0x9e3779b1U;
  }

  // Bit i: values[i] == wanted, for the seven lanes.
  static std::uint32_t Lanes(const std::uint32_t* values, std::uint32_t wanted) {
#ifdef __SSE2__
    const __m128i pattern = _mm_set1_epi32(static_cast<int>(wanted));
    const auto* lines = reinterpret_cast<const __m128i*>(values);
    const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(lines), pattern);
    const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(lines + 1), pattern);
    const __m128i bytes = _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128());
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)) & ((1U << kLaneCount) - 1);
#else
    std::uint32_t lanes = 0;
    for (std::uint32_t i = 0; i < kLaneCount; ++i) lanes |= (values[i] == wanted ? 1U : 0U) << i;
    return lanes;
#endif
  }

  [[gnu::always_inline]] static void Put(const Table& table, std::uint32_t tag, OrderSlot slot) {
    Bucket* bucket = table.Home(tag);
    std::uint32_t free = Lanes(bucket->slots, 0);
    while (free == 0) [[unlikely]] {
        ++bucket->passed_count;
        bucket = table.Next(bucket);
        free = Lanes(bucket->slots, 0);
      }
    const auto lane = static_cast<std::uint32_t>(std::countr_zero(free));
    bucket->tags[lane] = tag;
    bucket->slots[lane] = slot + 1;
  }

  Place FindOld(OrderId::Value order_id, std::uint32_t tag) const;
  // Takes an entry that lies beyond its home off the counts on its way.
  void ErasePath(const Place& place);
  void Grow();
  static Table MakeTable(int bits);
  static std::size_t SizeMax(const Table& table);

  const OrderNode* nodes_;
  Table table_;
  bool growing_ = false;
  std::size_t size_ = 0;  // Both tables.
  std::size_t size_max_ = 0;

  Table old_;
  std::size_t old_position_ = 0;  // Buckets below were moved.
};

}  // namespace evx::matching
