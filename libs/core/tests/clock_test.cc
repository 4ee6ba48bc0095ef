#include "evx/core/clock.h"

#include <catch2/catch.hpp>

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
  CHECK_FALSE(ParseRfc3339("yesterday").ok());
}

}  // namespace
}  // namespace evx
