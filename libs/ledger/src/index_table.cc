#include "index_table.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::ledger {
namespace {
constexpr int kInitialBits = 6;
}  // namespace

IndexTable::IndexTable()
    : slots_(std::size_t{1} << kInitialBits), mask_(slots_.size() - 1), shift_(64 - kInitialBits) {}

void IndexTable::Insert(std::uint64_t key, std::uint32_t index) {
  EVX_CHECK(index != 0);
  if (!Fits(size_ + 1)) Grow();
  std::size_t i = Home(key);
  while (slots_[i].index != 0) {
    EVX_CHECK(slots_[i].key != key);
    i = (i + 1) & mask_;
  }
  slots_[i] = {key, index};
  ++size_;
}

void IndexTable::Erase(std::uint64_t key) {
  std::size_t hole = Home(key);
  while (slots_[hole].key != key || slots_[hole].index == 0) {
    EVX_CHECK(slots_[hole].index != 0);
    hole = (hole + 1) & mask_;
  }
  // An entry behind the hole moves into it unless its home lies between the two.
  for (std::size_t i = (hole + 1) & mask_; slots_[i].index != 0; i = (i + 1) & mask_) {
    const std::size_t distance_from_home = (i - Home(slots_[i].key)) & mask_;
    const std::size_t distance_from_hole = (i - hole) & mask_;
    if (distance_from_home < distance_from_hole) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {};
  --size_;
}

void IndexTable::Reserve(std::size_t count) {
  while (!Fits(count)) Grow();
}

void IndexTable::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  std::swap(old, slots_);
  mask_ = slots_.size() - 1;
  --shift_;
  for (const Slot& slot : old) {
    if (slot.index == 0) continue;
    std::size_t i = Home(slot.key);
    while (slots_[i].index != 0) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
}

}  // namespace evx::ledger
