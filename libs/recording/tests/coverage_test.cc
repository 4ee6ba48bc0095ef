#include "evx/recording/coverage.h"

#include <catch2/catch.hpp>
#include <string_view>
#include <vector>

namespace evx::recording {
namespace {

Event BookEvent(EventKind kind, std::int64_t ms, std::int64_t seq, std::string_view ticker) {
  Event event;
  event.kind = kind;
  event.received = Timestamp::FromMillis(ms);
  event.sid = 1;
  event.seq = seq;
  event.market_ticker = ticker;
  return event;
}

Island IslandOf(std::int64_t begin_ms, std::int64_t end_ms, std::uint64_t count) {
  return {Timestamp::FromMillis(begin_ms), Timestamp::FromMillis(end_ms), count};
}

}  // namespace

TEST_CASE("Coverage: a lost frame ends the islands of all markets of its subscription",
          "[recording]") {
  Coverage coverage(true);
  coverage.Add(BookEvent(EventKind::kSnapshot, 1, 1, "A"));
  coverage.Add(BookEvent(EventKind::kSnapshot, 2, 2, "B"));
  coverage.Add(BookEvent(EventKind::kDelta, 3, 3, "A"));
  coverage.Add(BookEvent(EventKind::kDelta, 5, 5, "A"));  // 4 is lost.
  coverage.Add(BookEvent(EventKind::kDelta, 6, 6, "B"));
  coverage.Add(BookEvent(EventKind::kSnapshot, 7, 7, "B"));
  coverage.Add(BookEvent(EventKind::kDelta, 8, 8, "B"));
  CHECK(coverage.islands().at("A") == std::vector<Island>{IslandOf(1, 3, 2)});
  CHECK(coverage.islands().at("B") == std::vector<Island>{IslandOf(2, 2, 1), IslandOf(7, 8, 2)});
}

TEST_CASE("Coverage: a frame that comes twice is no hole and counts once", "[recording]") {
  Coverage coverage(GENERATE(true, false));
  coverage.Add(BookEvent(EventKind::kSnapshot, 1, 1, "A"));
  coverage.Add(BookEvent(EventKind::kDelta, 2, 2, "A"));
  coverage.Add(BookEvent(EventKind::kDelta, 3, 2, "A"));
  coverage.Add(BookEvent(EventKind::kDelta, 4, 3, "A"));
  CHECK(coverage.islands().at("A") == std::vector<Island>{IslandOf(1, 4, 3)});
}

TEST_CASE("Coverage: a subscription of one frame and a new one are two islands", "[recording]") {
  Coverage coverage(true);
  coverage.Add(BookEvent(EventKind::kSnapshot, 1, 1, "A"));
  coverage.Add(BookEvent(EventKind::kSnapshot, 5, 1, "A"));
  CHECK(coverage.islands().at("A") == std::vector<Island>{IslandOf(1, 1, 1), IslandOf(5, 5, 1)});
}

TEST_CASE("Coverage: a new subscription begins a new island", "[recording]") {
  Coverage coverage(false);
  coverage.Add(BookEvent(EventKind::kSnapshot, 1, 10, "A"));
  coverage.Add(BookEvent(EventKind::kDelta, 2, 14, "A"));
  coverage.Add(BookEvent(EventKind::kSnapshot, 9, 1, "A"));
  CHECK(coverage.islands().at("A") == std::vector<Island>{IslandOf(1, 2, 2), IslandOf(9, 9, 1)});
}

}  // namespace evx::recording
