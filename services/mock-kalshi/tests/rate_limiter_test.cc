#include "access/rate_limiter.h"

#include <catch2/catch.hpp>

namespace evx::mock_kalshi {
namespace {

using venue::UsageTier;

TEST_CASE("RateLimiter: a bucket starts full, empties, and refills with wall time",
          "[mock-kalshi]") {
  RateLimiter limiter;
  const AccountId account(7);
  const Timestamp start = Timestamp::FromSeconds(1'000);
  for (int i = 0; i < 10; ++i) {
    CHECK(limiter.Charge(account, UsageTier::kBasic, RateBucket::kWrite, 10, start));
  }
  CHECK_FALSE(limiter.Charge(account, UsageTier::kBasic, RateBucket::kWrite, 1, start));
  // 100 tokens a second.
  const Timestamp later = start + absl::Milliseconds(100);
  CHECK(limiter.Charge(account, UsageTier::kBasic, RateBucket::kWrite, 10, later));
  CHECK_FALSE(limiter.Charge(account, UsageTier::kBasic, RateBucket::kWrite, 1, later));
}

TEST_CASE("RateLimiter: a refused request costs nothing", "[mock-kalshi]") {
  RateLimiter limiter;
  const AccountId account(7);
  const Timestamp now = Timestamp::FromSeconds(1'000);
  CHECK_FALSE(limiter.Charge(account, UsageTier::kBasic, RateBucket::kWrite, 101, now));
  CHECK(limiter.Charge(account, UsageTier::kBasic, RateBucket::kWrite, 100, now));
}

TEST_CASE("RateLimiter: accounts and buckets do not share", "[mock-kalshi]") {
  RateLimiter limiter;
  const Timestamp now = Timestamp::FromSeconds(1'000);
  CHECK(limiter.Charge(AccountId(1), UsageTier::kBasic, RateBucket::kWrite, 100, now));
  CHECK(limiter.Charge(AccountId(2), UsageTier::kBasic, RateBucket::kWrite, 100, now));
  CHECK(limiter.Charge(AccountId(17), UsageTier::kBasic, RateBucket::kWrite, 100, now));
  CHECK(limiter.Charge(AccountId(1), UsageTier::kBasic, RateBucket::kRead, 600, now));
}

TEST_CASE("RateLimiter: an unlimited account is never refused", "[mock-kalshi]") {
  RateLimiter limiter;
  CHECK(limiter.Charge(AccountId(1), UsageTier::kUnlimited, RateBucket::kWrite, 1'000'000'000,
                       Timestamp::FromSeconds(1)));
}

TEST_CASE("RateLimiter: budgets and bursts are the venue's", "[mock-kalshi]") {
  CHECK(BudgetOf(UsageTier::kBasic, RateBucket::kRead).capacity == 600);
  CHECK(BudgetOf(UsageTier::kBasic, RateBucket::kWrite).capacity == 100);
  CHECK(BudgetOf(UsageTier::kAdvanced, RateBucket::kWrite).capacity == 900);
  CHECK(BudgetOf(UsageTier::kExpert, RateBucket::kRead).capacity == 600);
  CHECK(BudgetOf(UsageTier::kPrestige, RateBucket::kRead).refill_per_second == 12'000);
  CHECK(BudgetOf(UsageTier::kPrestige, RateBucket::kWrite).refill_per_second == 9'600);
}

}  // namespace
}  // namespace evx::mock_kalshi
