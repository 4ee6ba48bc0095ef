#pragma once

#include <cstddef>
#include <cstdint>

#include "evx/core/ids.h"
#include "evx/matching/order.h"
#include "order_pool.h"
#include "virtual_array.h"

namespace evx::matching {

// Order id to slot: an open-addressing table of 8-byte entries {tag of the id, slot}. The tag
// decides the place, the order's node decides equality. Four consecutive ids share a cache line,
// because ids are usually handed out in order. Removal shifts back, so there are no tombstones.
//
// The table doubles step by step: while an old table exists every insertion moves a few of its
// entries, and lookups ask both, so that no single command pays for the growth.
class OrderIndex {
 public:
  explicit OrderIndex(const OrderPool& pool);

  // Where an id was found, or would be put. Valid until the next change of the index.
  struct Place {
    std::uint64_t tag;
    std::size_t position;  // Of the new table.
    OrderSlot slot;        // kNoSlot: the id is not there.
  };
  Place Find(OrderId::Value order_id) const {
    const std::uint64_t tag = Tag(order_id);
    std::size_t position = Home(tag, shift_);
    for (; entries_[position] != 0; position = (position + 1) & mask_) {
      const std::uint64_t entry = entries_[position];
      if (entry >> 32 == tag && pool_[SlotOf(entry)].order_id == order_id) {
        return {tag, position, SlotOf(entry)};
      }
    }
    const OrderSlot slot = growing_ ? FindOld(tag, order_id) : kNoSlot;
    return {tag, position, slot};
  }
  // `place` came from Find, found nothing, and the index did not change since.
  void Insert(const Place& place, OrderSlot slot) {
    entries_[place.position] = place.tag << 32 | (slot + 1);
    if (++size_ > size_max_ || growing_) [[unlikely]]
      Grow();
  }
  void Erase(OrderId::Value order_id, OrderSlot slot) {
    const std::uint64_t tag = Tag(order_id);
    const std::uint64_t wanted = tag << 32 | (slot + 1);
    std::size_t position = Home(tag, shift_);
    for (; entries_[position] != wanted; position = (position + 1) & mask_) {
      if (entries_[position] == 0) [[unlikely]] {
        EraseOld(wanted);
        return;
      }
    }
    --size_;
    CloseGap(position);
  }

  std::size_t memory_bytes() const {
    return (entries_.count() + old_entries_.count()) * sizeof(std::uint64_t);
  }

 private:
  static constexpr int kCapacityBitsMin = 10;
  // Entries of the old table that one insertion moves. The new table is not full before all moved.
  static constexpr std::size_t kMoveCount = 16;
  static constexpr std::uint64_t kMoved = 0xffff'ffff;  // Slot part of a vacated old entry.

  static std::uint64_t Tag(OrderId::Value order_id) {
    const std::uint64_t mixed = (order_id >> 2) * 0x9e37'79b9'7f4a'7c15;
    return (mixed >> 32 & ~std::uint64_t{3}) | (order_id & 3);
  }
  // Top bits choose a line of eight entries, the two lowest an even place in it: neighbors stay
  // together and strangers find a gap.
  static std::size_t Home(std::uint64_t tag, int shift) {
    return (tag >> shift << 3) | (tag & 3) << 1;
  }
  static OrderSlot SlotOf(std::uint64_t entry) { return static_cast<OrderSlot>(entry) - 1; }

  void CloseGap(std::size_t gap) {
    for (std::size_t next = (gap + 1) & mask_;; next = (next + 1) & mask_) {
      const std::uint64_t entry = entries_[next];
      if (entry == 0) break;
      // An entry may move to the gap if its home does not lie between the gap and its place.
      const std::size_t home = Home(entry >> 32, shift_);
      if (((next - home) & mask_) >= ((next - gap) & mask_)) {
        entries_[gap] = entry;
        gap = next;
      }
    }
    entries_[gap] = 0;
  }

  OrderSlot FindOld(std::uint64_t tag, OrderId::Value order_id) const;
  void EraseOld(std::uint64_t wanted);
  void Grow();
  void MoveSome();
  void SetCapacity(int bits);

  const OrderPool& pool_;
  VirtualArray<std::uint64_t> entries_;
  std::size_t mask_ = 0;
  int shift_ = 0;
  bool growing_ = false;
  std::size_t size_ = 0;  // Both tables.
  std::size_t size_max_ = 0;

  VirtualArray<std::uint64_t> old_entries_;
  std::size_t old_mask_ = 0;
  int old_shift_ = 0;
  std::size_t old_position_ = 0;  // Entries below were moved.
};

}  // namespace evx::matching
