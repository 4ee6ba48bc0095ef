#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/venue/types.h"

namespace evx::mock_kalshi {

enum class RateBucket : std::uint8_t { kRead, kWrite };

// Budget of a tier. Source: the venue's rate-limit table (tokens per second and burst).
struct TierBudget {
  std::int64_t refill_per_second = 0;
  std::int64_t capacity = 0;
};
// For kUnlimited both are 0 and nothing is ever refused.
TierBudget BudgetOf(venue::UsageTier tier, RateBucket bucket);

// Costs in tokens.
inline constexpr std::int64_t kDefaultCost = 10;
inline constexpr std::int64_t kCancelCost = 2;
inline constexpr std::int64_t kGetOrderCost = 2;

// Two token buckets per account, refilled continuously by wall time, shared by all doors. A request
// passes when the bucket holds its cost; a refused one costs nothing. Unknown callers are not
// limited (the venue's limit for them is not published). Thread-safe; one short lock.
class RateLimiter {
 public:
  bool Charge(AccountId account, venue::UsageTier tier, RateBucket bucket, std::int64_t cost,
              Timestamp wall_now);

 private:
  struct Bucket {
    std::int64_t micro_tokens = -1;  // -1: full.
    Timestamp time;
    venue::UsageTier tier = venue::UsageTier::kBasic;
  };
  static constexpr std::size_t kShardCount = 16;
  struct Shard {
    std::mutex mutex;
    std::vector<std::array<Bucket, 2>> buckets;  // By account id / kShardCount.
  };
  std::array<Shard, kShardCount> shards_;
};

}  // namespace evx::mock_kalshi
