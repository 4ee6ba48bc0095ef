#include "order_index.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::matching {

OrderIndex::OrderIndex(const OrderPool& pool) : pool_(pool) { SetCapacity(kCapacityBitsMin); }

void OrderIndex::SetCapacity(int bits) {
  // Small tables would waste most of a huge page.
  entries_ = VirtualArray<std::uint64_t>(std::size_t{1} << bits,
                                         bits >= 17 ? PageSize::kHuge : PageSize::kSmall);
  mask_ = (std::size_t{1} << bits) - 1;
  shift_ = 32 - (bits - 3);
  size_max_ = (std::size_t{1} << bits) / 2;
}

OrderSlot OrderIndex::FindOld(std::uint64_t tag, OrderId::Value order_id) const {
  std::size_t position = Home(tag, old_shift_);
  for (; old_entries_[position] != 0; position = (position + 1) & old_mask_) {
    const std::uint64_t entry = old_entries_[position];
    if (entry >> 32 != tag || (entry & 0xffff'ffff) == kMoved) continue;
    if (pool_[SlotOf(entry)].order_id == order_id) return SlotOf(entry);
  }
  return kNoSlot;
}

void OrderIndex::EraseOld(std::uint64_t wanted) {
  EVX_CHECK(growing_);
  std::size_t position = Home(wanted >> 32, old_shift_);
  for (; old_entries_[position] != wanted; position = (position + 1) & old_mask_) {
    EVX_CHECK(old_entries_[position] != 0);
  }
  old_entries_[position] |= kMoved;
  --size_;
}

void OrderIndex::Grow() {
  if (!growing_) {
    old_entries_ = std::exchange(entries_, VirtualArray<std::uint64_t>());
    old_mask_ = mask_;
    old_shift_ = shift_;
    old_position_ = 0;
    growing_ = true;
    SetCapacity(32 - shift_ + 3 + 1);
  }
  MoveSome();
}

void OrderIndex::MoveSome() {
  for (std::size_t i = 0; i < kMoveCount && old_position_ <= old_mask_; ++i, ++old_position_) {
    const std::uint64_t entry = old_entries_[old_position_];
    if (entry == 0 || (entry & 0xffff'ffff) == kMoved) continue;
    std::size_t position = Home(entry >> 32, shift_);
    while (entries_[position] != 0) position = (position + 1) & mask_;
    entries_[position] = entry;
    old_entries_[old_position_] |= kMoved;
  }
  if (old_position_ > old_mask_) {
    growing_ = false;
    old_entries_ = VirtualArray<std::uint64_t>();
  }
}

}  // namespace evx::matching
