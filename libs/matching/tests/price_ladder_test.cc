#include "price_ladder.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <set>

namespace evx::matching {
namespace {

constexpr std::uint32_t kOrderCountMax = 10'000;

LevelPlace Occupy(LadderPool& pool, Ladder& ladder, Tick tick) {
  const LadderRef page = pool.MakePageOf(ladder, tick);
  pool.PageAt(page).occupied |= std::uint64_t{1} << IndexInPage(tick);
  return {static_cast<std::int32_t>(tick), page};
}

void Vacate(LadderPool& pool, LevelPlace place) {
  LevelPage& page = pool.PageAt(place.page);
  page.occupied &= ~(std::uint64_t{1} << IndexInPage(static_cast<Tick>(place.tick)));
  if (page.occupied == 0) pool.RemovePage(place);
}

TEST_CASE("LadderPool: neighbors are those of a sorted set", "[matching]") {
  const std::uint32_t tick_count =
      GENERATE(2u, 8u, 9u, 99u, 512u, 513u, 9'999u, 32'768u, 32'769u, 1'000'000u);
  LadderPool pool(kOrderCountMax, PageSize::kSmall);
  auto ladder = std::make_unique<Ladder>();
  LadderPool::Init(*ladder, 0, tick_count);
  std::set<std::int32_t> expected;
  std::mt19937_64 random(tick_count);
  for (int i = 0; i < 20'000; ++i) {
    // Half of the ticks lie close together.
    const auto tick =
        static_cast<Tick>(random() % (i % 2 == 0 ? tick_count : std::min(tick_count, 40u)));
    const LevelPlace place = Occupy(pool, *ladder, tick);
    expected.insert(place.tick);
    const auto found = expected.find(place.tick);
    const LevelPlace below = pool.Below(place);
    const LevelPlace above = pool.Above(place);
    if (found == expected.begin()) {
      REQUIRE_FALSE(IsLevel(below));
    } else {
      REQUIRE(below.tick == *std::prev(found));
      REQUIRE(below.page == pool.MakePageOf(*ladder, static_cast<Tick>(below.tick)));
    }
    if (std::next(found) == expected.end()) {
      REQUIRE_FALSE(IsLevel(above));
    } else {
      REQUIRE(above.tick == *std::next(found));
      REQUIRE(above.page == pool.MakePageOf(*ladder, static_cast<Tick>(above.tick)));
    }
    if (expected.size() > 60 || random() % 3 == 0) {
      expected.erase(found);
      Vacate(pool, place);
      REQUIRE(pool.FindLevel(*ladder, tick) == nullptr);
    } else {
      REQUIRE(pool.FindLevel(*ladder, tick) == &pool.LevelAt(place));
    }
  }
}

TEST_CASE("LadderPool: freed pages and nodes are used again", "[matching]") {
  LadderPool pool(kOrderCountMax, PageSize::kSmall);
  auto ladder = std::make_unique<Ladder>();
  LadderPool::Init(*ladder, 0, kTickCountMax);
  Vacate(pool, Occupy(pool, *ladder, 500'000));
  const std::size_t memory = pool.memory_bytes();
  for (Tick tick = 0; tick < kTickCountMax; tick += 97) Vacate(pool, Occupy(pool, *ladder, tick));
  CHECK(pool.memory_bytes() == memory);
  CHECK(ladder->root.occupied == 0);
}

}  // namespace
}  // namespace evx::matching
