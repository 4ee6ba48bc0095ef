#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "evx/matching/matching_engine.h"

// What MatchingEngine must do, written slowly and obviously: maps and lists, one order at a time,
// every rule a line. Results carry no slots.

namespace evx::matching::testing {

struct Trade {
  MatchStep::Kind kind = MatchStep::Kind::kFill;
  OrderId maker_order_id;
  OwnerId maker_owner;
  Tick tick = 0;
  Quantity quantity;
  Quantity maker_remaining;
  friend bool operator==(const Trade&, const Trade&) = default;
};

struct Outcome {
  OrderOutcome outcome = OrderOutcome::kRejected;
  std::optional<RejectReason> reject;
  Quantity filled;
  Quantity remaining;
  bool kept_priority = false;
  std::vector<Trade> trades;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline Outcome OutcomeOf(const Execution& execution) {
  Outcome result{execution.outcome,   execution.reject,        execution.filled,
                 execution.remaining, execution.kept_priority, {}};
  for (const MatchStep& step : execution.steps) {
    result.trades.push_back({step.kind, step.maker_order_id, step.maker_owner, step.tick,
                             step.quantity, step.maker_remaining});
  }
  return result;
}

class ReferenceBook {
 public:
  using Orders = std::list<RestingOrder>;  // By arrival.

  BookIndex AddBook(std::uint32_t tick_count) {
    books_.push_back({tick_count, {}, {}});
    return BookIndex(static_cast<std::uint32_t>(books_.size() - 1));
  }

  Outcome Apply(const CreateOrder& c) {
    if (c.book.value() >= books_.size()) return Reject(RejectReason::kUnknownBook);
    Book& book = books_[c.book.value()];
    if (c.tick >= book.tick_count) return Reject(RejectReason::kTickOutOfRange);
    if (!InRange(c.quantity)) return Reject(RejectReason::kQuantityOutOfRange);
    if (where_.contains(c.order_id)) return Reject(RejectReason::kDuplicateOrderId);
    const bool rests = c.time_in_force == TimeInForce::kGoodTillCanceled;
    if (!rests && c.expiration) return Reject(RejectReason::kExpirationNotAllowed);
    if (!rests && c.post_only) return Reject(RejectReason::kPostOnlyNotAllowed);
    if (c.reduce_only && c.time_in_force != TimeInForce::kImmediateOrCancel) {
      return Reject(RejectReason::kReduceOnlyNotImmediate);
    }
    if (c.reduce_only && c.reducible <= Quantity()) return Reject(RejectReason::kNothingToReduce);
    const Quantity quantity = c.reduce_only ? std::min(c.quantity, c.reducible) : c.quantity;
    const Quantity volume = CrossedVolume(book, c.side, c.tick);
    if (c.post_only && !volume.is_zero()) return Reject(RejectReason::kPostOnlyWouldCross);
    if (c.time_in_force == TimeInForce::kFillOrKill && volume < quantity) {
      return Reject(RejectReason::kFillOrKillInsufficientVolume);
    }
    RestingOrder order{.order_id = c.order_id,
                       .book = c.book,
                       .owner = c.owner,
                       .side = c.side,
                       .self_trade_prevention = c.self_trade_prevention,
                       .post_only = c.post_only,
                       .tick = c.tick,
                       .remaining = quantity,
                       .expiration = c.expiration};
    return Enter(order, c.self_trade_prevention, rests);
  }

  Outcome Apply(const AmendOrder& c) {
    const bool known = where_.contains(c.order_id);
    const std::uint32_t tick_count =
        known ? books_[where_.at(c.order_id).book.value()].tick_count : kTickCountMax;
    if (c.tick >= tick_count) return Reject(RejectReason::kTickOutOfRange);
    if (!InRange(c.remaining)) return Reject(RejectReason::kQuantityOutOfRange);
    if (!known) return Reject(RejectReason::kUnknownOrder);
    RestingOrder& resting = Get(c.order_id);
    Book& book = books_[resting.book.value()];
    if (resting.post_only && !CrossedVolume(book, resting.side, c.tick).is_zero()) {
      return Reject(RejectReason::kPostOnlyWouldCross);
    }
    if (WouldMeetOwn(book, resting, c)) return Reject(RejectReason::kSelfCross);
    if (c.tick == resting.tick && c.remaining <= resting.remaining) {
      resting.remaining = c.remaining;
      resting.expiration = c.expiration;
      return {OrderOutcome::kResting, std::nullopt, Quantity(), c.remaining, true, {}};
    }
    RestingOrder order = resting;
    Remove(c.order_id);
    order.tick = c.tick;
    order.remaining = c.remaining;
    order.expiration = c.expiration;
    return Enter(order, SelfTradePrevention::kTakerAtCross, true);
  }

  Reduction Apply(const CancelOrder& c) {
    Reduction result{.order_id = c.order_id};
    if (!where_.contains(c.order_id)) {
      result.reject = RejectReason::kUnknownOrder;
      return result;
    }
    result.reduced_by = Get(c.order_id).remaining;
    Remove(c.order_id);
    return result;
  }

  Reduction Apply(const DecreaseOrder& c) {
    Reduction result{.order_id = c.order_id};
    if (!InRange(c.remaining)) {
      result.reject = RejectReason::kQuantityOutOfRange;
    } else if (!where_.contains(c.order_id)) {
      result.reject = RejectReason::kUnknownOrder;
    } else if (c.remaining >= Get(c.order_id).remaining) {
      result.reject = RejectReason::kQuantityOutOfRange;
    } else {
      result.reduced_by = Get(c.order_id).remaining - c.remaining;
      result.remaining = c.remaining;
      Get(c.order_id).remaining = c.remaining;
    }
    return result;
  }

  std::vector<Reduction> ExpireOrders(Timestamp now) {
    std::map<std::pair<Timestamp, OrderId>, Quantity> due;
    for (const auto& [order_id, place] : where_) {
      const RestingOrder& order = Get(order_id);
      if (order.expiration && order.expiration <= now) {
        due[{order.expiration, order_id}] = order.remaining;
      }
    }
    std::vector<Reduction> expired;
    for (const auto& [key, quantity] : due) {
      expired.push_back({.order_id = key.second, .reduced_by = quantity});
      Remove(key.second);
    }
    return expired;
  }

  // Best level first, by arrival inside a level.
  std::vector<RestingOrder> OrdersOf(BookIndex book, BookSide side) const {
    std::vector<RestingOrder> result;
    const Book& b = books_[book.value()];
    auto add = [&](const auto& levels) {
      for (const auto& [tick, orders] : levels) {
        result.insert(result.end(), orders.begin(), orders.end());
      }
    };
    side == BookSide::kBid ? add(b.bids) : add(b.asks);
    return result;
  }

  Quantity QuantityAt(BookIndex book, BookSide side, Tick tick) const {
    Quantity sum;
    for (const RestingOrder& order : OrdersOf(book, side)) {
      if (order.tick == tick) sum += order.remaining;
    }
    return sum;
  }

  std::size_t order_count() const { return where_.size(); }

 private:
  struct Book {
    std::uint32_t tick_count;
    std::map<Tick, Orders, std::greater<>> bids;
    std::map<Tick, Orders> asks;
  };
  struct Place {
    BookIndex book;
    BookSide side;
    Tick tick;
  };

  static Outcome Reject(RejectReason reason) {
    return {OrderOutcome::kRejected, reason, Quantity(), Quantity(), false, {}};
  }
  static bool InRange(Quantity q) { return q > Quantity() && q <= kQuantityMax; }
  static bool Crosses(BookSide side, Tick tick, Tick resting) {
    return side == BookSide::kBid ? resting <= tick : resting >= tick;
  }

  // Calls use(order) for the orders that an order of `side` at `tick` crosses until it says stop.
  template <class Use>
  static void ForEachCrossed(const Book& book, BookSide side, Tick tick, Use use) {
    auto visit = [&](const auto& levels) {
      for (const auto& [t, orders] : levels) {
        if (!Crosses(side, tick, t)) return;
        for (const RestingOrder& order : orders) {
          if (!use(order)) return;
        }
      }
    };
    side == BookSide::kBid ? visit(book.asks) : visit(book.bids);
  }

  static Quantity CrossedVolume(const Book& book, BookSide side, Tick tick) {
    Quantity sum;
    ForEachCrossed(book, side, tick, [&](const RestingOrder& order) {
      sum += order.remaining;
      return true;
    });
    return sum;
  }

  static bool WouldMeetOwn(const Book& book, const RestingOrder& order, const AmendOrder& c) {
    Quantity left = c.remaining;
    bool meets = false;
    ForEachCrossed(book, order.side, c.tick, [&](const RestingOrder& maker) {
      if (order.owner && maker.owner == order.owner) meets = true;
      left -= maker.remaining;
      return !meets && left > Quantity();
    });
    return meets;
  }

  Outcome Enter(RestingOrder order, SelfTradePrevention prevention, bool rests) {
    Book& book = books_[order.book.value()];
    const Quantity original = order.remaining;
    Outcome result;
    while (!order.remaining.is_zero()) {
      const RestingOrder* best = nullptr;
      ForEachCrossed(book, order.side, order.tick, [&](const RestingOrder& maker) {
        best = &maker;
        return false;
      });
      if (best == nullptr) break;
      RestingOrder& maker = Get(best->order_id);
      const bool own = order.owner && maker.owner == order.owner;
      if (own && prevention == SelfTradePrevention::kTakerAtCross) {
        result.outcome = OrderOutcome::kSelfTradeCanceled;
        result.filled = original - order.remaining;
        result.remaining = order.remaining;
        return result;
      }
      const Quantity quantity = own ? maker.remaining : std::min(maker.remaining, order.remaining);
      maker.remaining -= quantity;
      if (!own) order.remaining -= quantity;
      result.trades.push_back({own ? MatchStep::Kind::kMakerCanceled : MatchStep::Kind::kFill,
                               maker.order_id, maker.owner, maker.tick, quantity, maker.remaining});
      if (maker.remaining.is_zero()) Remove(OrderId(maker.order_id));
    }
    result.filled = original - order.remaining;
    result.remaining = order.remaining;
    result.outcome = order.remaining.is_zero() ? OrderOutcome::kFilled
                     : rests                   ? OrderOutcome::kResting
                                               : OrderOutcome::kCanceled;
    if (result.outcome == OrderOutcome::kResting) {
      order.side == BookSide::kBid ? book.bids[order.tick].push_back(order)
                                   : book.asks[order.tick].push_back(order);
      where_[order.order_id] = {order.book, order.side, order.tick};
    }
    return result;
  }

  Orders& LevelOf(const Place& place) {
    Book& book = books_[place.book.value()];
    return place.side == BookSide::kBid ? book.bids.at(place.tick) : book.asks.at(place.tick);
  }
  RestingOrder& Get(OrderId order_id) {
    Orders& orders = LevelOf(where_.at(order_id));
    return *std::find_if(orders.begin(), orders.end(),
                         [&](const RestingOrder& o) { return o.order_id == order_id; });
  }
  void Remove(OrderId order_id) {
    const Place place = where_.at(order_id);
    Orders& orders = LevelOf(place);
    orders.remove_if([&](const RestingOrder& o) { return o.order_id == order_id; });
    Book& book = books_[place.book.value()];
    if (orders.empty()) {
      place.side == BookSide::kBid ? book.bids.erase(place.tick) : book.asks.erase(place.tick);
    }
    where_.erase(order_id);
  }

  std::vector<Book> books_;
  std::map<OrderId, Place> where_;
};

}  // namespace evx::matching::testing
