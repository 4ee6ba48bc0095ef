#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "order_store.h"

namespace evx::venue {

// Order groups and their rolling windows. Source: the venue's order groups: contracts matched in
// any 15 seconds, counted in steps of 100 ms so that a window has a bounded number of entries; a
// match counts for 15.0 to 15.1 seconds.
class OrderGroups {
 public:
  static constexpr std::int64_t kWindowNanos = 15'000'000'000;
  static constexpr std::int64_t kStepNanos = 100'000'000;
  static constexpr Quantity kLimitMin = Quantity::FromContracts(1);
  static constexpr Quantity kLimitMax = Quantity::FromContracts(1'000'000);

  struct Matched {
    std::int64_t step = 0;
    Quantity quantity;
  };
  struct Group {
    AccountId account;
    SubaccountNumber subaccount = 0;
    bool triggered = false;
    Quantity limit;
    Quantity sum;  // Of the window, as of the latest match.
    std::vector<Matched> window;
    OrderList orders;
  };

  Group* Find(OrderGroupId id) {
    const auto it = groups_.find(id);
    return it == groups_.end() ? nullptr : &it->second;
  }
  // References stay valid until the group is removed: nodes do not move.
  Group& Add(OrderGroupId id) { return groups_[id]; }
  void Remove(OrderGroupId id) { groups_.erase(id); }

  // Counts a match. True when the group triggers by it: the sum now exceeds the limit (a sum equal
  // to the limit does not) and the group was not triggered before.
  static bool AddMatch(Group& group, Timestamp time, Quantity quantity) {
    Expire(group, time);
    const std::int64_t step = time.nanos() / kStepNanos;
    if (group.window.empty() || group.window.back().step != step)
      group.window.push_back({step, {}});
    group.window.back().quantity += quantity;
    group.sum += quantity;
    return !group.triggered && group.sum > group.limit;
  }

  // Drops what left the window.
  static void Expire(Group& group, Timestamp time) {
    const std::int64_t oldest = (time.nanos() - kWindowNanos) / kStepNanos;
    auto it = group.window.begin();
    for (; it != group.window.end() && it->step < oldest; ++it) group.sum -= it->quantity;
    group.window.erase(group.window.begin(), it);
  }

  // In order of id; visit(id, group).
  template <class Visitor>
  void Visit(Visitor&& visit) const {
    for (const auto& [id, group] : groups_) visit(id, group);
  }
  std::size_t size() const { return groups_.size(); }

 private:
  // Nodes stay in place, which Add promises.
  std::map<OrderGroupId, Group> groups_;
};

}  // namespace evx::venue
