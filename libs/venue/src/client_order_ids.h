#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "evx/core/hash.h"
#include "evx/core/ids.h"
#include "evx/core/virtual_array.h"

namespace evx::venue {

// Every client order id of the last weeks with the order that took it. An id is known by 128 bits
// of hash, keyed by the account; with its share of the index it takes 36 to 48 bytes.
//
// The ids lie one behind the other in order of arrival; an open-addressing index of 32-bit tags
// finds them. So a snapshot streams them as they lie, and never reads the index: that is not
// inherited by a forked child, and its scattered writes copy no pages while a snapshot is being
// written. No single command pays for growth or for sweeping: both go on in small steps.
class ClientOrderIds {
 public:
  static constexpr int kMarketBits = 20;
  static constexpr std::uint32_t kMarketMax = (1U << kMarketBits) - 1;

  ClientOrderIds();

  static Hash128 KeyOf(AccountId account, std::string_view client_order_id) {
    return Xxh3(client_order_id, account.value());
  }

  // Takes the memory of `count` ids now. Before the first Add.
  void Reserve(std::uint32_t count);

  // What Find and Add will read.
  void Prefetch(const Hash128& key) const {
    __builtin_prefetch(&table_.slots[table_.Home(TagOf(key))], 1);
    if (growing_) [[unlikely]]
      __builtin_prefetch(&old_.slots[old_.Home(TagOf(key))]);
  }

  // The order that has the id, or 0.
  OrderId Find(const Hash128& key) const {
    const Slot* const slot = FindSlot(key);
    if (slot == nullptr) return OrderId();
    const std::uint64_t value = At(slot->place - 1).value;
    return IsForgotten(value) ? OrderId() : OrderId(value >> kMarketBits);
  }

  // Find(key) is 0.
  void Add(const Hash128& key, OrderId order_id, MarketId market);

  // The ids of a market are free from now on. Their memory comes back by Sweep.
  void ForgetMarket(MarketId market);

  // Frees some of the forgotten ids, if there may be any. To be called after every command; what
  // Find and Visit tell does not depend on it.
  void Sweep() {
    if (sweeping_) [[unlikely]]
      SweepSome();
  }

  // Those not forgotten, in order of arrival; visit(key, order_id, market). Works in a forked
  // child, as nothing else here does.
  template <class Visitor>
  void Visit(Visitor&& visit) const {
    const auto visit_range = [&](std::uint32_t begin, std::uint32_t end) {
      for (std::uint32_t place = begin; place < end; ++place) {
        const Entry& entry = At(place);
        if (IsForgotten(entry.value)) continue;
        visit(entry.key, OrderId(entry.value >> kMarketBits),
              MarketId(static_cast<std::uint32_t>(entry.value & kMarketMax)));
      }
    };
    visit_range(0, sweep_write_);
    visit_range(sweep_read_, count_);
  }

  std::size_t memory_bytes() const;

 private:
  struct Entry {
    Hash128 key;
    std::uint64_t value;  // Order id and market.
  };
  static constexpr int kBlockBits = 18;
  static constexpr std::uint32_t kBlockMask = (1U << kBlockBits) - 1;

  struct Slot {
    std::uint32_t tag;
    std::uint32_t place;  // Of the entry, plus 1; 0: free.
  };
  static constexpr std::uint32_t kRemoved = 0xffff'ffff;  // A place: was taken, is no more.
  static constexpr std::uint32_t kCountMax = kRemoved - 2;

  struct Table {
    VirtualArray<Slot> slots;
    int shift = 0;  // The upper 32 - shift bits of a tag are its home.
    std::uint32_t mask = 0;
    std::uint32_t Home(std::uint32_t tag) const { return tag >> shift; }
  };
  static constexpr int kTableBitsMin = 8;
  static constexpr int kTableBitsMax = 31;
  static constexpr int kHugeTableBitsMin = 18;  // Smaller tables would waste a huge page.
  // Slots of the old table that one Add moves: all of them are, long before the new one is full.
  static constexpr std::uint32_t kMoveCount = 8;
  // Entries that one Sweep looks at.
  static constexpr std::uint32_t kSweepCount = 8;

  static Table MakeTable(int bits);
  // Two thirds full.
  static std::uint64_t SlotsMax(const Table& table) { return table.slots.count() * 2 / 3; }
  static std::uint32_t TagOf(const Hash128& key) {
    return static_cast<std::uint32_t>(key.low >> 32);
  }

  Entry& At(std::uint32_t place) { return blocks_[place >> kBlockBits][place & kBlockMask]; }
  const Entry& At(std::uint32_t place) const {
    return blocks_[place >> kBlockBits][place & kBlockMask];
  }
  bool IsForgotten(std::uint64_t value) const {
    const std::uint64_t market = value & kMarketMax;
    return market < forgotten_.size() && forgotten_[market];
  }

  // The slot of `key` in a table, or nothing.
  Slot* FindIn(const Table& table, const Hash128& key) const {
    const std::uint32_t tag = TagOf(key);
    for (std::uint32_t at = table.Home(tag);; at = (at + 1) & table.mask) {
      Slot& slot = table.slots[at];
      if (slot.place == 0) return nullptr;
      if (slot.tag == tag && slot.place != kRemoved && At(slot.place - 1).key == key) return &slot;
    }
  }
  Slot* FindSlot(const Hash128& key) const {
    Slot* const slot = FindIn(table_, key);
    if (slot != nullptr || !growing_) [[likely]]
      return slot;
    return FindIn(old_, key);
  }
  void Insert(std::uint32_t tag, std::uint32_t place);
  void StartGrowth();
  void MoveSome();
  void SweepSome();
  void EndSweep();

  std::vector<VirtualArray<Entry>> blocks_;
  std::size_t block_count_min_ = 0;  // Reserved.
  std::uint32_t count_ = 0;          // Entries, those swept away and not yet closed up included.

  Table table_;
  std::uint64_t slots_used_ = 0;  // Of table_: taken or removed.
  std::uint64_t live_count_ = 0;  // Slots of both tables that are taken.
  bool growing_ = false;
  Table old_;
  std::uint32_t old_position_ = 0;  // Slots below were moved.

  std::vector<bool> forgotten_;  // By market.
  // A sweep closes the gaps: entries from sweep_read_ on are to be looked at, those between
  // sweep_write_ and there are holes. Both are 0 without one.
  bool sweeping_ = false;
  bool sweep_again_ = false;
  std::uint32_t sweep_read_ = 0;
  std::uint32_t sweep_write_ = 0;
};

}  // namespace evx::venue
