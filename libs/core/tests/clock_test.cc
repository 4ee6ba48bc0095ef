#include "evx/core/clock.h"

#include <catch2/catch.hpp>
#include <random>

#include "evx/core/testing/seed.h"

namespace evx {
namespace {

TEST_CASE("ManualClock: never goes back", "[core]") {
  ManualClock clock(Timestamp::FromSeconds(100));
  clock.AdvanceTo(Timestamp::FromSeconds(50));
  CHECK(clock.Now() == Timestamp::FromSeconds(100));
  clock.AdvanceBy(absl::Seconds(5));
  clock.AdvanceTo(Timestamp::FromSeconds(110));
  CHECK(clock.Now() == Timestamp::FromSeconds(110));
}

TEST_CASE("Timestamp: RFC 3339 text survives a round trip with microseconds", "[core]") {
  const Timestamp time = Timestamp::FromNanos(1'785'934'800'123'456'000);
  const std::string text = FormatRfc3339(time);
  CHECK(text == "2026-08-05T13:00:00.123456Z");
  REQUIRE(ParseRfc3339(text).ok());
  CHECK(*ParseRfc3339(text) == time);
  for (const char* none : {"", "yesterday", "infinite-past", "infinite-future"}) {
    CHECK_FALSE(ParseRfc3339(none).ok());
  }
}

TEST_CASE("Timestamp: dates are those of a calendar library over all time", "[core]") {
  std::mt19937_64 random(evx::testing::TestSeed("Timestamp"));
  const auto expected = [](Timestamp time) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixNanos(time.nanos()),
                            absl::UTCTimeZone());
  };
  for (int i = 0; i < 10'000; ++i) {
    const Timestamp time = Timestamp::FromNanos(static_cast<std::int64_t>(random()));
    CHECK(FormatRfc3339(time) == expected(time));
  }
  // Every day from 1895 to 2105, and the ends of the range.
  for (std::int64_t day = -27'000; day < 50'000; ++day) {
    const Timestamp time = Timestamp::FromSeconds(day * 86'400 - 1);
    if (FormatRfc3339(time) != expected(time)) FAIL(expected(time));
  }
  for (const std::int64_t nanos : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
    CHECK(FormatRfc3339(Timestamp::FromNanos(nanos)) == expected(Timestamp::FromNanos(nanos)));
  }
}

}  // namespace
}  // namespace evx
