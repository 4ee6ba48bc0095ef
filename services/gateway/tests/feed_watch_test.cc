#include "sources/feed_watch.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::gateway {
namespace {

v1::Health Round(v1::ServiceState state, std::string_view service = FeedWatch::kService) {
  v1::Health health;
  health.add_services()->set_service("another");
  health.mutable_services(0)->set_state(v1::SERVICE_STATE_DOWN);
  v1::ServiceHealth& watched = *health.add_services();
  watched.set_service(std::string(service));
  watched.set_state(state);
  return health;
}

TEST_CASE("FeedWatch: a server that stays down feeds nobody, until it is up again") {
  FeedWatch watch;
  CHECK(watch.Take(Round(v1::SERVICE_STATE_DEGRADED)));
  for (int time = 0; time < 2; ++time) {
    for (int i = 1; i < FeedWatch::kDownRounds; ++i)
      CHECK(watch.Take(Round(v1::SERVICE_STATE_DOWN)));
    CHECK_FALSE(watch.Take(Round(v1::SERVICE_STATE_DOWN)));
    CHECK_FALSE(watch.Take(Round(v1::SERVICE_STATE_DOWN)));
    CHECK(watch.Take(Round(v1::SERVICE_STATE_READY)));
  }
}

TEST_CASE("FeedWatch: a server that was never seen, or is not watched, says nothing") {
  FeedWatch watch;
  for (int i = 0; i < 2 * FeedWatch::kDownRounds; ++i) {
    CHECK(watch.Take(Round(v1::SERVICE_STATE_DOWN)));
    CHECK(watch.Take(Round(v1::SERVICE_STATE_DOWN, "yet another")));
  }
}

}  // namespace
}  // namespace evx::gateway
