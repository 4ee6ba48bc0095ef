#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "absl/time/time.h"
#include "evx/core/backoff.h"

namespace evx::gateway {

// Pauses between attempts that double up to `max`, each between half and the whole of it at
// random: users whose streams broke together do not all come back together.
class RetryPause {
 public:
  RetryPause(absl::Duration first, absl::Duration max, std::uint64_t seed)
      : backoff_(first, max), random_(seed) {}

  absl::Duration Next() {
    const std::int64_t whole = absl::ToInt64Microseconds(backoff_.Next());
    std::uniform_int_distribution<std::int64_t> part(whole / 2, std::max(whole, whole / 2));
    return absl::Microseconds(part(random_));
  }
  void Reset() { backoff_.Reset(); }

 private:
  Backoff backoff_;
  std::mt19937_64 random_;
};

}  // namespace evx::gateway
