#pragma once

#include <cstddef>
#include <cstdint>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/sides.h"
#include "evx/core/virtual_array.h"
#include "evx/matching/commands.h"
#include "evx/matching/order.h"
#include "price_ladder.h"

namespace evx::matching {

// A live order: half a cache line. `next` and `previous` link the orders of one level by arrival;
// `previous` of the first and `next` of the last order of a level mean nothing, so that taking the
// first order away does not touch the second. `next` of a free node links the free nodes.
struct OrderNode {
  std::uint64_t remaining : 40;  // Hundredths of a contract.
  std::uint64_t tick : 20;
  std::uint64_t side : 1;
  std::uint64_t self_trade_prevention : 1;
  std::uint64_t post_only : 1;
  std::uint64_t has_expiration : 1;
  OrderId::Value order_id;
  OrderSlot next;
  OrderSlot previous;
  OwnerId::Value owner;
  LadderRef page;  // Of its level, which knows the book.
};
static_assert(sizeof(OrderNode) == 32);
static_assert(kQuantityMax.centis() < std::int64_t{1} << 40);
static_assert(kTickCountMax <= 1U << 20);

// All live orders of an engine, addressed by slot. The most recently freed slot is used first,
// which keeps the live nodes together.
class OrderPool {
 public:
  OrderPool(std::uint32_t order_count_max, PageSize page_size)
      : nodes_(order_count_max, page_size), expirations_(order_count_max, PageSize::kSmall) {}

  OrderNode& operator[](OrderSlot slot) const { return nodes_[slot]; }

  // There must be a free slot: size() < capacity.
  OrderSlot Allocate() {
    ++size_;
    if (free_ != kNoSlot) {
      const OrderSlot slot = free_;
      free_ = nodes_[slot].next;
      return slot;
    }
    return slot_capacity_++;
  }
  void Free(OrderSlot slot) {
    --size_;
    nodes_[slot].next = free_;
    free_ = slot;
  }

  // Kept apart from the nodes because few orders have one. Valid while has_expiration is set.
  Timestamp expiration(OrderSlot slot) const { return Timestamp::FromNanos(expirations_[slot]); }
  void set_expiration(OrderSlot slot, Timestamp expiration) {
    expirations_[slot] = expiration.nanos();
    expirations_used_ = true;
  }

  std::uint32_t size() const { return size_; }
  OrderSlot slot_capacity() const { return slot_capacity_; }
  std::size_t memory_bytes() const {
    return slot_capacity_ *
           (sizeof(OrderNode) + (expirations_used_ ? sizeof(Timestamp) : std::size_t{0}));
  }

 private:
  VirtualArray<OrderNode> nodes_;
  VirtualArray<std::int64_t> expirations_;
  OrderSlot free_ = kNoSlot;
  OrderSlot slot_capacity_ = 0;
  std::uint32_t size_ = 0;
  bool expirations_used_ = false;
};

}  // namespace evx::matching
