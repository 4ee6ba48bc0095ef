#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "evx/core/monotonic_clock.h"

namespace evx {

// Looks for work without sleeping, as long as that pays: under load the next piece of work comes
// sooner than a sleeping thread wakes up, otherwise looking takes the processor from somebody else.
// After a look in vain the next one is left out, then the next two, four, up to kSkipMax; after a
// look that found something none is.
//
// One thread.
class AdaptiveSpin {
 public:
  static constexpr int kSkipMax = 64;

  // Of one look; 0: never looks.
  explicit AdaptiveSpin(absl::Duration longest)
      : longest_nanos_(absl::ToInt64Nanoseconds(longest)) {}

  // Returns once `ready()` is true, or when it is time to sleep.
  template <class Ready>
  void Wait(const Ready& ready) {
    if (longest_nanos_ == 0 || ready()) return;
    if (skip_left_ > 0) {
      --skip_left_;
      return;
    }
    const std::int64_t until = MonotonicNanos() + longest_nanos_;
    do {
      Pause();
      if (ready()) {
        skip_ = 0;
        return;
      }
    } while (MonotonicNanos() < until);
    skip_left_ = skip_ = std::clamp(2 * skip_, 1, kSkipMax);
  }

 private:
  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  const std::int64_t longest_nanos_;
  int skip_ = 0;
  int skip_left_ = 0;
};

}  // namespace evx
