#pragma once

#include <algorithm>
#include <cstdint>

namespace evx::gateway {

// So many things a second, and up to `burst` of them at once. Times are MonotonicNanos. Not
// thread-safe.
class TokenBucket {
 public:
  TokenBucket(std::int64_t per_second, std::int64_t burst)
      : nanos_per_token_(1'000'000'000 / per_second), full_nanos_(burst * nanos_per_token_) {}

  // False: not now, and nothing was taken.
  bool Take(std::int64_t now, std::int64_t count = 1) {
    const std::int64_t filled =
        is_used_ ? std::min(full_nanos_, nanos_ + (now - last_)) : full_nanos_;
    is_used_ = true;
    last_ = now;
    nanos_ = filled;
    const std::int64_t price = count * nanos_per_token_;
    if (filled < price) return false;
    nanos_ -= price;
    return true;
  }

 private:
  const std::int64_t nanos_per_token_;
  const std::int64_t full_nanos_;
  bool is_used_ = false;
  std::int64_t nanos_ = 0;  // What the bucket holds, as the time that fills it so far.
  std::int64_t last_ = 0;
};

}  // namespace evx::gateway
