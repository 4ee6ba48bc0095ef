#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "absl/functional/function_ref.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/matching/commands.h"
#include "evx/matching/events.h"
#include "evx/matching/order.h"

namespace evx::matching {

// A live order as the engine sees it.
struct RestingOrder {
  OrderId order_id;
  BookIndex book;
  OwnerId owner;
  BookSide side = BookSide::kBid;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  bool post_only = false;
  Tick tick = 0;
  Quantity remaining;
  Timestamp expiration;
  OrderSlot slot = kNoSlot;
};

struct DepthLevel {
  Tick tick = 0;
  Quantity quantity;
  std::uint32_t order_count = 0;
};

// Any number of price-time priority books behind one pool of orders.
//
// Bids are ordered by tick descending, asks ascending, orders of one tick by arrival. An incoming
// order trades with the best opposite orders while the ticks cross, always at the resting order's
// tick. The engine knows neither money nor accounts: an owner is a number used for self-trade
// prevention, and orders without an owner make it a plain matching engine.
//
// Cost: create, cancel, decrease and amend take constant time plus the orders they trade with, a
// few cache lines each; fill or kill also passes the levels it counts, an amend that crosses walks
// the orders it would meet twice. Memory: about 60 bytes an order on busy books, and for every
// eight neighboring ticks with orders 256 bytes; empty ticks and empty books' ladders cost none.
//
// Deterministic: the same commands give the same results, slots included. Not thread-safe: one
// writer. Reads no clock: expirations are compared with the time passed to ExpireOrders. Its memory
// is private to the process, so that a forked child sees it as it was.
class MatchingEngine {
 public:
  // Both counts are 1 or more. They cost address space only: memory follows what is used.
  struct Options {
    std::uint32_t book_count_max = 100'000;      // At most kBookCountLimit.
    std::uint32_t order_count_max = 20'000'000;  // At most kOrderCountLimit.
    // Asks the kernel for 2 MiB pages. Random access and fork() get cheaper; the first use of each
    // 2 MiB costs the time to clear them, milliseconds on some virtual machines.
    bool huge_pages = true;
  };
  static constexpr std::uint32_t kBookCountLimit = 10'000'000;
  static constexpr std::uint32_t kOrderCountLimit = 60'000'000;

  explicit MatchingEngine(Options options);
  ~MatchingEngine();
  MatchingEngine(const MatchingEngine&) = delete;
  MatchingEngine& operator=(const MatchingEngine&) = delete;

  // Adds an empty book with ticks 0 .. tick_count - 1; tick_count is kTickCountMin ..
  // kTickCountMax, and there are fewer than book_count_max books. Indexes are dense from 0.
  BookIndex AddBook(std::uint32_t tick_count);
  // Gives an empty book another number of ticks (a change of the price grid).
  void ResizeBook(BookIndex book, std::uint32_t tick_count);

  Execution Apply(const CreateOrder& command);
  Execution Apply(const AmendOrder& command);
  Reduction Apply(const CancelOrder& command);
  Reduction Apply(const DecreaseOrder& command);
  // What Apply would refuse the amend for, changing nothing.
  std::optional<RejectReason> Check(const AmendOrder& command) const;
  // Takes every order whose expiration is at or before `now` off its book, ordered by expiration
  // and then order id. The span is valid until the next call of the engine.
  std::span<const Reduction> ExpireOrders(Timestamp now);
  // The earliest expiration of a live order; nothing when none expires.
  std::optional<Timestamp> NextExpiration() const;

  // Puts an order at the back of its level without matching: rebuilds a book from a snapshot when
  // called in priority order. The order must not cross.
  OrderSlot Restore(const RestingOrder& order);

  std::optional<RestingOrder> Find(OrderId order_id) const;
  // For a caller that knows its next commands: starts to load what finding an order touches, first
  // its place in the index, some commands later the order. PrefetchOrder tells the slot that the
  // order probably has, kNoSlot when it knows none. They change nothing.
  void PrefetchPlace(OrderId order_id) const;
  OrderSlot PrefetchOrder(OrderId order_id) const;
  // What taking the order in `slot` off its book touches, once the order itself is loaded.
  void PrefetchLevel(OrderSlot slot) const;
  // The same for an order that is to come: its book, and then the level that it may trade with.
  void PrefetchBook(BookIndex book) const;
  void PrefetchBest(BookIndex book, BookSide side) const;
  // Quantity ahead of the order at its level; 0 is the front. Cost: the orders ahead of it.
  std::optional<Quantity> QueuePosition(OrderId order_id) const;
  std::optional<Tick> BestTick(BookIndex book, BookSide side) const;
  Quantity QuantityAt(BookIndex book, BookSide side, Tick tick) const;
  // Best levels first until `visit` returns false.
  void VisitLevels(BookIndex book, BookSide side,
                   absl::FunctionRef<bool(const DepthLevel&)> visit) const;
  // Orders in priority order, best level first.
  void VisitOrders(BookIndex book, BookSide side,
                   absl::FunctionRef<void(const RestingOrder&)> visit) const;

  std::uint32_t book_count() const;
  std::uint32_t order_count() const;
  // Every live slot is below this number, which only grows.
  OrderSlot slot_capacity() const;
  // Bytes held for books and orders.
  std::size_t memory_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::matching
