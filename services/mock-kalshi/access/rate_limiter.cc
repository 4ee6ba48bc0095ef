#include "access/rate_limiter.h"

#include <algorithm>

namespace evx::mock_kalshi {
namespace {

constexpr std::int64_t kMicro = 1'000'000;

}  // namespace

TierBudget BudgetOf(venue::UsageTier tier, RateBucket bucket) {
  const bool read = bucket == RateBucket::kRead;
  // Burst: 3 s of budget for Write above Basic and for Read of Basic and Advanced, else 1 s.
  switch (tier) {
    case venue::UsageTier::kBasic:
      return read ? TierBudget{200, 600} : TierBudget{100, 100};
    case venue::UsageTier::kAdvanced:
      return read ? TierBudget{300, 900} : TierBudget{300, 900};
    case venue::UsageTier::kExpert:
      return read ? TierBudget{600, 600} : TierBudget{600, 1'800};
    case venue::UsageTier::kPremier:
      return read ? TierBudget{1'200, 1'200} : TierBudget{1'200, 3'600};
    case venue::UsageTier::kParagon:
      return read ? TierBudget{2'400, 2'400} : TierBudget{2'400, 7'200};
    case venue::UsageTier::kPrime:
      return read ? TierBudget{4'800, 4'800} : TierBudget{4'800, 14'400};
    case venue::UsageTier::kPrestige:
      return read ? TierBudget{12'000, 12'000} : TierBudget{9'600, 28'800};
    case venue::UsageTier::kUnlimited:
      return {0, 0};
  }
  return {0, 0};
}

bool RateLimiter::Charge(AccountId account, venue::UsageTier tier, RateBucket bucket_kind,
                         std::int64_t cost, Timestamp wall_now) {
  if (tier == venue::UsageTier::kUnlimited) return true;
  const TierBudget budget = BudgetOf(tier, bucket_kind);
  Shard& shard = shards_[account.value() % kShardCount];
  const std::size_t index = account.value() / kShardCount;
  const std::lock_guard lock(shard.mutex);
  if (shard.buckets.size() <= index) shard.buckets.resize(index + 1);
  Bucket& bucket = shard.buckets[index][static_cast<std::size_t>(bucket_kind)];
  const std::int64_t capacity = budget.capacity * kMicro;
  if (bucket.micro_tokens < 0 || bucket.tier != tier) {
    bucket = {capacity, wall_now, tier};
  } else if (wall_now > bucket.time) {
    // Longer pauses than an hour fill any bucket; the bound keeps the product in range.
    const std::int64_t micros =
        std::min<std::int64_t>(wall_now.micros() - bucket.time.micros(), 3'600 * kMicro);
    bucket.micro_tokens =
        std::min(capacity, bucket.micro_tokens + micros * budget.refill_per_second);
    bucket.time = wall_now;
  }
  if (bucket.micro_tokens < cost * kMicro) return false;
  bucket.micro_tokens -= cost * kMicro;
  return true;
}

}  // namespace evx::mock_kalshi
