#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "recording.h"

// Recorded milliseconds as orders.

namespace evx::flow {

// One order command. Resting orders are named by handles that the planner gives.
struct PlannedCommand {
  enum class Kind : std::uint8_t {
    kRest,      // Place a post-only order; `handle` is its name from now on.
    kCancel,    // Take `handle` out of the book.
    kDecrease,  // Leave `quantity_centis` of `handle`.
    kTake,      // Immediate or cancel at the price, side of the taker.
  };
  Kind kind = Kind::kRest;
  std::int64_t handle = 0;
  LevelKey level;  // kTake: side of the taker, price of the trade.
  std::int64_t quantity_centis = 0;
  // Commands of one epoch may reach the exchange in any order between accounts; those of the next
  // epoch only once all of this one have been applied. Rises by one at a time from 0.
  int epoch = 0;
};

// What could not be done the plain way.
struct PlannerCounters {
  std::int64_t resync_count = 0;            // Snapshots after the first one.
  std::int64_t replaced_order_count = 0;    // Canceled and placed again to give a trade one maker.
  std::int64_t forced_trade_count = 0;      // Better levels were in the way and came back after it.
  std::int64_t missing_quantity_count = 0;  // Trades of more than the recorded book holds.
  std::int64_t unplaced_count = 0;          // Level increases that would cross the book.
};

// Turns one recorded millisecond after another into commands after which the book of these orders
// alone equals the recorded one, level by level. Inside a millisecond the order is free: first what
// leaves the book, then increases that do not cross, the trades as immediate-or-cancel orders, then
// the other increases. A decrease that no trade explains cancels the youngest orders of its level,
// one of the same size first. Before a trade the front of the level is arranged so that the trade
// meets one maker order. Deterministic; holds the resting orders of one market.
class ReplayPlanner {
 public:
  std::vector<PlannedCommand> Plan(const Millisecond& millisecond);
  // What must be canceled to leave.
  std::vector<PlannedCommand> PlanCancelAll() const;

  // The recorded book after the last planned millisecond.
  const std::map<LevelKey, std::int64_t>& recorded_book() const { return recorded_; }
  const PlannerCounters& counters() const { return counters_; }

 private:
  struct RestingOrder {
    std::int64_t handle = 0;
    std::int64_t quantity = 0;
  };
  using Queue = std::vector<RestingOrder>;  // Front first.
  class Millis;

  std::map<LevelKey, std::int64_t> recorded_;
  std::map<std::int64_t, Queue> bids_;  // By price.
  std::map<std::int64_t, Queue> asks_;
  std::int64_t next_handle_ = 1;
  bool started_ = false;
  PlannerCounters counters_;
};

}  // namespace evx::flow
