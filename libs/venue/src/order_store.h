#pragma once

#include <cstdint>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/price_grid.h"
#include "evx/core/virtual_array.h"
#include "evx/ledger/order_reserve.h"
#include "evx/matching/commands.h"
#include "evx/matching/order.h"
#include "evx/venue/types.h"
#include "text_pool.h"

namespace evx::venue {

using matching::kNoSlot;
using matching::OrderSlot;

// What the exchange knows about a resting order beyond what matching and ledger keep. Two cache
// lines, the first of them the ledger's.
struct OrderRecord {
  ledger::OrderReserve reserve;  // Its `open` is the remaining quantity.
  OrderId order_id;
  Timestamp create_time;
  Timestamp last_update_time;
  Quantity quantity;  // As created, or the total of the latest amend; decreases leave it.
  Quantity filled;
  AccountId account;
  MarketId market;
  std::uint32_t order_group = 0;  // An OrderGroupId; 0: none.
  TextPool::Handle client_order_id = 0;
  std::uint64_t taker_filled_centis : 40 = 0;  // The part of `filled` that it took on entry.
  std::uint64_t tick : 14 = 0;                 // Of the price, in the market's grid.
  std::uint64_t subaccount_number : 6 = 0;
  std::uint64_t cancels_maker : 1 = 0;  // SelfTradePrevention::kMaker.
  std::uint64_t post_only : 1 = 0;
  std::uint64_t cancel_on_pause : 1 = 0;

  SubaccountNumber subaccount() const { return static_cast<SubaccountNumber>(subaccount_number); }
  SelfTradePrevention self_trade_prevention() const {
    return cancels_maker ? SelfTradePrevention::kMaker : SelfTradePrevention::kTakerAtCross;
  }
  Quantity taker_filled() const {
    return Quantity::FromCentis(static_cast<std::int64_t>(taker_filled_centis));
  }
  BookSide side() const { return reserve.side; }
  Price price() const { return reserve.limit(); }
  Quantity remaining() const { return reserve.open; }
};
static_assert(sizeof(OrderRecord) == 128);
static_assert(matching::kQuantityMax.centis() < std::int64_t{1} << 40);
static_assert(PriceGrid::kTickCountMax <= 1U << 14 && kSubaccountNumberMax < 1U << 6);

// A list of resting orders in ascending order of id, linked through the store.
struct OrderList {
  OrderSlot first = kNoSlot;
  OrderSlot last = kNoSlot;
  std::uint32_t count = 0;
};

// The records of all resting orders, by the slot that matching gave them, with the list of each
// account and of each order group. Callers own the heads of the lists.
class OrderStore {
 public:
  explicit OrderStore(std::uint32_t order_count_max)
      : records_(order_count_max),
        // Load finds the lists again, so a snapshot does without them.
        links_(order_count_max, PageSize::kHuge, OnFork::kDropped),
        texts_(order_count_max) {}

  OrderRecord& operator[](OrderSlot slot) { return records_[slot]; }
  const OrderRecord& operator[](OrderSlot slot) const { return records_[slot]; }

  void Prefetch(OrderSlot slot) const {
    const char* const record = reinterpret_cast<const char*>(&records_[slot]);
    __builtin_prefetch(record);
    __builtin_prefetch(record + 64);
    __builtin_prefetch(&links_[slot]);
  }

  // What unlinking a live order touches.
  void PrefetchNeighbors(OrderSlot slot) const {
    const Link2& link = links_[slot].account;
    if (link.next != kNoSlot) __builtin_prefetch(&links_[link.next]);
    if (link.previous != kNoSlot) __builtin_prefetch(&links_[link.previous]);
  }

  TextPool& texts() { return texts_; }
  std::string_view client_order_id(const OrderRecord& record) const {
    return texts_.Get(record.client_order_id);
  }

  // Appends: the order must be younger than all of the list. `group_orders` may be null.
  void Link(OrderSlot slot, OrderList& account_orders, OrderList* group_orders) {
    Append(slot, account_orders, &Links::account);
    if (group_orders != nullptr) Append(slot, *group_orders, &Links::group);
  }
  void Unlink(OrderSlot slot, OrderList& account_orders, OrderList* group_orders) {
    Remove(slot, account_orders, &Links::account);
    if (group_orders != nullptr) Remove(slot, *group_orders, &Links::group);
  }

  OrderSlot NextOfAccount(OrderSlot slot) const { return links_[slot].account.next; }
  OrderSlot NextOfGroup(OrderSlot slot) const { return links_[slot].group.next; }

  // Bytes of `slot_count` records with their links, and of the texts.
  std::size_t memory_bytes(OrderSlot slot_count) const {
    return slot_count * (sizeof(OrderRecord) + sizeof(Links)) + texts_.memory_bytes();
  }

 private:
  struct Link2 {
    OrderSlot next;
    OrderSlot previous;
  };
  // Apart from the records, because unlinking touches the neighbors' links and nothing else.
  struct Links {
    Link2 account;
    Link2 group;
  };

  void Append(OrderSlot slot, OrderList& list, Link2 Links::*member) {
    links_[slot].*member = {kNoSlot, list.last};
    if (list.last == kNoSlot) {
      list.first = slot;
    } else {
      (links_[list.last].*member).next = slot;
    }
    list.last = slot;
    ++list.count;
  }
  void Remove(OrderSlot slot, OrderList& list, Link2 Links::*member) {
    const Link2 link = links_[slot].*member;
    (link.previous == kNoSlot ? list.first : (links_[link.previous].*member).next) = link.next;
    (link.next == kNoSlot ? list.last : (links_[link.next].*member).previous) = link.previous;
    --list.count;
  }

  VirtualArray<OrderRecord> records_;
  VirtualArray<Links> links_;
  TextPool texts_;
};

}  // namespace evx::venue
