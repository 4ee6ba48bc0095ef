#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace evx {

// How long to wait before the next attempt: doubles from `first` to `max`, back to `first` after a
// success. Whoever waits does so on something that a stop can interrupt.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration max) : first_(first), max_(max), next_(first) {}

  absl::Duration Next() {
    const absl::Duration wait = next_;
    next_ = std::min(2 * next_, max_);
    return wait;
  }
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration max_;
  absl::Duration next_;
};

}  // namespace evx
