#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evx/core/virtual_array.h"
#include "evx/matching/matching_engine.h"
#include "expiry_queue.h"
#include "order_index.h"
#include "order_pool.h"
#include "price_ladder.h"

namespace evx::matching {

// One market. `best` holds the best bid and the best ask; kNoLevelBelow and kNoLevelAbove stand for
// an empty side, which no tick crosses.
struct alignas(64) Book {
  std::array<LevelPlace, 2> best;
  std::uint32_t tick_count;
  Ladder ladder;

  LevelPlace& best_of(BookSide side) { return best[static_cast<std::size_t>(side)]; }
  const LevelPlace& best_of(BookSide side) const { return best[static_cast<std::size_t>(side)]; }
};

// Ticks as a number that grows with attractiveness on either side: the tick of a bid, its
// complement for an ask. Saves a branch on the side, which no processor predicts.
constexpr std::int32_t Rank(BookSide side, std::int32_t tick) {
  return tick ^ -static_cast<std::int32_t>(side);
}
constexpr std::int32_t Rank(BookSide side, Tick tick) {
  return Rank(side, static_cast<std::int32_t>(tick));
}

// True when an order of `side` at `tick` would trade with the best order against it.
inline bool Crosses(const Book& book, BookSide side, Tick tick) {
  return Rank(side, book.best_of(Opposite(side)).tick) <= Rank(side, tick);
}

class MatchingEngine::Impl {
 public:
  explicit Impl(Options options);

  BookIndex AddBook(std::uint32_t tick_count);
  void ResizeBook(BookIndex book_index, std::uint32_t tick_count);

  Execution Apply(const CreateOrder& command);
  Execution Apply(const AmendOrder& command);
  Reduction Apply(const CancelOrder& command);
  Reduction Apply(const DecreaseOrder& command);
  std::optional<RejectReason> Check(const AmendOrder& command) const;
  std::span<const Reduction> ExpireOrders(Timestamp now);
  std::optional<Timestamp> NextExpiration() const { return expiries_.Next(); }
  OrderSlot Restore(const RestingOrder& order);

  std::optional<RestingOrder> Find(OrderId order_id) const;
  void PrefetchPlace(OrderId order_id) const { index_.Prefetch(order_id.value()); }
  OrderSlot PrefetchOrder(OrderId order_id) const {
    const OrderSlot slot = index_.Guess(order_id.value());
    if (slot != kNoSlot) __builtin_prefetch(&pool_[slot]);
    return slot;
  }
  void PrefetchLevel(OrderSlot slot) const {
    const OrderNode& node = pool_[slot];
    const LevelPage& page = ladders_.PageAt(node.page);
    __builtin_prefetch(&page, 1);
    __builtin_prefetch(&page.levels[IndexInPage(static_cast<Tick>(node.tick))], 1);
    // Of the ends of a level they mean nothing, and a prefetch does no harm.
    __builtin_prefetch(&pool_[node.next], 1);
    __builtin_prefetch(&pool_[node.previous], 1);
  }
  void PrefetchBook(BookIndex book_index) const {
    const char* const book = reinterpret_cast<const char*>(&books_[book_index.value()]);
    __builtin_prefetch(book, 1);
    __builtin_prefetch(book + 64);
  }
  void PrefetchBest(BookIndex book_index, BookSide side) const {
    const LevelPlace best = books_[book_index.value()].best_of(side);
    if (!IsLevel(best)) return;
    __builtin_prefetch(&ladders_.PageAt(best.page), 1);
    __builtin_prefetch(&ladders_.LevelAt(best), 1);
  }
  std::optional<Quantity> QueuePosition(OrderId order_id) const;
  std::optional<Tick> BestTick(BookIndex book_index, BookSide side) const;
  Quantity QuantityAt(BookIndex book_index, BookSide side, Tick tick) const;
  void VisitLevels(BookIndex book_index, BookSide side,
                   absl::FunctionRef<bool(const DepthLevel&)> visit) const;
  void VisitOrders(BookIndex book_index, BookSide side,
                   absl::FunctionRef<void(const RestingOrder&)> visit) const;

  std::uint32_t book_count() const { return book_count_; }
  std::uint32_t order_count() const { return pool_.size(); }
  OrderSlot slot_capacity() const { return pool_.slot_capacity(); }
  std::size_t memory_bytes() const;

 private:
  // What matching needs to know of an incoming or amended order.
  struct Taker {
    BookSide side;
    SelfTradePrevention self_trade_prevention;
    OwnerId::Value owner;
    Tick tick;
    std::int64_t quantity;
  };
  std::optional<RejectReason> CheckCreate(const CreateOrder& command,
                                          const OrderIndex::Place& place) const;
  static std::optional<RejectReason> CheckAttributes(const CreateOrder& command);
  std::optional<RejectReason> CheckAmend(const AmendOrder& command, OrderSlot slot) const;
  // True when what an order of `side` at `tick` crosses holds at least `wanted`.
  bool HasVolume(const Book& book, BookSide side, Tick tick, std::int64_t wanted) const;
  bool WouldMeetOwnOrder(const Book& book, const Taker& taker) const;

  // CreateOrder for everything but an order that simply rests.
  void CreateSlow(const CreateOrder& command, Execution& execution);
  // Trades with the best orders against the taker while they cross, and fills in `execution` but
  // for kResting: what is left is kCanceled.
  void Match(Book& book, const Taker& taker, Execution& execution);
  struct Progress {
    MatchStep* step;
    std::int64_t remaining;
    bool self_trade_canceled;  // Stopped at an order of the same owner.
  };
  // Trades with the orders of one level, the best of the book.
  void MatchLevel(Book& book, const Taker& taker, Progress& progress);

  // Writes the node and puts it at the back of its level.
  void Append(Book& book, OrderSlot slot, OrderNode node);
  // Takes the order off its level; it keeps its slot and its id.
  void Unlink(OrderSlot slot);
  // The level lost its last order.
  void Vacate(LevelPlace place, BookSide side);
  void SetExpiration(OrderSlot slot, Timestamp expiration);
  void ClearExpiration(OrderSlot slot) {
    if (pool_[slot].has_expiration) [[unlikely]]
      RemoveExpiration(slot);
  }
  void RemoveExpiration(OrderSlot slot);

  Book& BookAt(BookIndex book_index) const;
  Book& BookOf(const OrderNode& node) const { return books_[ladders_.PageAt(node.page).book]; }
  PriceLevel& LevelOf(const OrderNode& node) const {
    return ladders_.PageAt(node.page).levels[IndexInPage(static_cast<Tick>(node.tick))];
  }
  // The next level of the side behind `place`.
  LevelPlace NextLevel(BookSide side, LevelPlace place) const {
    return side == BookSide::kBid ? ladders_.Below(place) : ladders_.Above(place);
  }
  RestingOrder Describe(OrderSlot slot) const;

  const Options options_;
  OrderPool pool_;
  OrderIndex index_;
  LadderPool ladders_;
  VirtualArray<Book> books_;
  std::uint32_t book_count_ = 0;
  ExpiryQueue expiries_;
  // Results of the latest call. A step but the last takes an order off the book, which bounds them.
  VirtualArray<MatchStep> steps_;
  std::vector<Reduction> expired_;
};

}  // namespace evx::matching
