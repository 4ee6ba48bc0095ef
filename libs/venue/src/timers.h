#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>

#include "evx/core/clock.h"

namespace evx::venue {

// What falls due at a time, apart from order expiry, which matching orders itself. Ties are broken
// by kind and then id, so that the order of effects depends on the state alone. Not saved: it
// follows from the rest of the state.
class Timers {
 public:
  enum class Kind : std::uint8_t {
    kSchedule,   // Maintenance begins or ends; id 0.
    kFeeChange,  // id: the fee change.
    kMarket,     // The next step of a market's life; id: the market.
  };
  struct Timer {
    Timestamp time;
    Kind kind = Kind::kSchedule;
    std::uint64_t id = 0;
    friend constexpr auto operator<=>(const Timer&, const Timer&) = default;
  };

  void Add(const Timer& timer) { timers_.insert(timer); }
  void Remove(const Timer& timer) { timers_.erase(timer); }
  void Clear() { timers_.clear(); }

  std::optional<Timestamp> Next() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->time;
  }
  // Takes the first timer due at or before `time`.
  std::optional<Timer> TakeDue(Timestamp time) {
    if (timers_.empty() || timers_.begin()->time > time) return std::nullopt;
    return timers_.extract(timers_.begin()).value();
  }

 private:
  std::set<Timer> timers_;
};

}  // namespace evx::venue
