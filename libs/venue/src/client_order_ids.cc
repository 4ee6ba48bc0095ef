#include "client_order_ids.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "evx/core/check.h"

namespace evx::venue {

ClientOrderIds::ClientOrderIds() : table_(MakeTable(kTableBitsMin)) {}

ClientOrderIds::Table ClientOrderIds::MakeTable(int bits) {
  EVX_CHECK(bits <= kTableBitsMax);
  const std::size_t count = std::size_t{1} << bits;
  return {VirtualArray<Slot>(count, bits >= kHugeTableBitsMin ? PageSize::kHuge : PageSize::kSmall,
                             OnFork::kDropped),
          32 - bits, static_cast<std::uint32_t>(count - 1)};
}

void ClientOrderIds::Reserve(std::uint32_t count) {
  EVX_CHECK(count_ == 0 && count <= kCountMax);
  if (count == 0) return;
  const int bits = std::bit_width(std::uint64_t{count} * 3 / 2);
  table_ = MakeTable(std::max(bits, kTableBitsMin));
  std::memset(static_cast<void*>(table_.slots.data()), 0, table_.slots.count() * sizeof(Slot));
  block_count_min_ = ((count - 1) >> kBlockBits) + 1;
  while (blocks_.size() < block_count_min_) {
    blocks_.emplace_back(std::size_t{1} << kBlockBits, PageSize::kSmall);
    std::memset(static_cast<void*>(blocks_.back().data()), 0, sizeof(Entry) << kBlockBits);
  }
}

void ClientOrderIds::Add(const Hash128& key, OrderId order_id, MarketId market) {
  EVX_CHECK(market.value() <= kMarketMax && order_id.value() >> (64 - kMarketBits) == 0);
  EVX_CHECK(count_ < kCountMax);
  if (count_ >> kBlockBits == blocks_.size()) [[unlikely]]
    blocks_.emplace_back(std::size_t{1} << kBlockBits, PageSize::kSmall);
  At(count_) = {key, order_id.value() << kMarketBits | market.value()};
  ++count_;
  if (slots_used_ >= SlotsMax(table_)) [[unlikely]]
    StartGrowth();
  if (growing_) [[unlikely]]
    MoveSome();
  if (!forgotten_.empty()) {
    // A forgotten id that has not been swept away gives its slot to the new one.
    if (Slot* const slot = FindSlot(key); slot != nullptr) {
      EVX_CHECK(IsForgotten(At(slot->place - 1).value));
      slot->place = count_;
      return;
    }
  }
  Insert(TagOf(key), count_);
  ++live_count_;
}

void ClientOrderIds::Insert(std::uint32_t tag, std::uint32_t place) {
  std::uint32_t at = table_.Home(tag);
  while (table_.slots[at].place != 0 && table_.slots[at].place != kRemoved) {
    at = (at + 1) & table_.mask;
  }
  if (table_.slots[at].place == 0) ++slots_used_;
  table_.slots[at] = {tag, place};
}

// Into twice the slots, or as many when most of them were removed.
void ClientOrderIds::StartGrowth() {
  EVX_CHECK(!growing_);
  const int bits = 32 - table_.shift;
  const bool mostly_removed = live_count_ < SlotsMax(table_) / 2;
  old_ = std::exchange(table_, MakeTable(mostly_removed ? bits : bits + 1));
  old_position_ = 0;
  slots_used_ = 0;
  growing_ = true;
}

void ClientOrderIds::MoveSome() {
  for (std::uint32_t i = 0; i < kMoveCount && growing_; ++i) {
    Slot& slot = old_.slots[old_position_];
    if (slot.place != 0 && slot.place != kRemoved) {
      Insert(slot.tag, slot.place);
      slot.place = kRemoved;
    }
    if (++old_position_ == old_.slots.count()) {
      old_ = Table();
      growing_ = false;
    }
  }
}

void ClientOrderIds::ForgetMarket(MarketId market) {
  if (forgotten_.size() <= market.value()) forgotten_.resize(market.value() + 1);
  forgotten_[market.value()] = true;
  sweep_again_ = sweeping_;
  sweeping_ = true;
}

void ClientOrderIds::SweepSome() {
  for (std::uint32_t i = 0; i < kSweepCount; ++i) {
    if (sweep_read_ == count_) {
      EndSweep();
      return;
    }
    const Entry& entry = At(sweep_read_);
    Slot* const slot = FindSlot(entry.key);
    // Not so when a later order took the forgotten id.
    const bool has_slot = slot != nullptr && slot->place == sweep_read_ + 1;
    if (IsForgotten(entry.value)) {
      if (has_slot) {
        slot->place = kRemoved;
        --live_count_;
      }
    } else {
      EVX_CHECK(has_slot);
      if (sweep_write_ != sweep_read_) {
        At(sweep_write_) = entry;
        slot->place = sweep_write_ + 1;
      }
      ++sweep_write_;
    }
    ++sweep_read_;
  }
}

void ClientOrderIds::EndSweep() {
  count_ = sweep_write_;
  const std::size_t needed = (std::size_t{count_} >> kBlockBits) + 1;
  while (blocks_.size() > std::max(needed, block_count_min_)) blocks_.pop_back();
  sweep_read_ = sweep_write_ = 0;
  sweeping_ = std::exchange(sweep_again_, false);
}

std::size_t ClientOrderIds::memory_bytes() const {
  return blocks_.size() * (sizeof(Entry) << kBlockBits) +
         (table_.slots.count() + old_.slots.count()) * sizeof(Slot);
}

}  // namespace evx::venue
