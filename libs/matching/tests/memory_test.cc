#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <random>

#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

// What books and orders cost, measured as growth of the process. Small pages, so that the figures
// are not rounded up to 2 MiB.

namespace evx::matching {
namespace {

using testing::AnOrder;

constexpr std::uint32_t kBookCount = 100'000;

std::size_t ResidentBytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

MatchingEngine::Options Options() {
  return {.book_count_max = kBookCount, .order_count_max = 6'000'000, .huge_pages = false};
}

TEST_CASE("Memory: 100,000 empty books of a million ticks cost a few hundred bytes each",
          "[matching]") {
  const std::size_t before = ResidentBytes();
  MatchingEngine engine(Options());
  for (std::uint32_t i = 0; i < kBookCount; ++i) engine.AddBook(kTickCountMax);
  CHECK((ResidentBytes() - before) / kBookCount < 400);
}

TEST_CASE("Memory: a deep ladder costs by its orders, not by its ticks", "[matching]") {
  MatchingEngine engine(Options());
  for (std::uint32_t i = 0; i < kBookCount; ++i) engine.AddBook(kTickCountMax);
  const std::size_t before = ResidentBytes();
  // One bid and one ask a book, anywhere.
  const auto fill = [&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::uint64_t id = 1; id <= 2 * kBookCount; ++id) {
      AnOrder order(id);
      order.In(BookIndex(id / 2 % kBookCount));
      const auto tick = static_cast<Tick>(random() % 500'000);
      id % 2 == 0 ? order.Bid(tick) : order.Ask(500'000 + tick);
      REQUIRE(engine.Apply(order).outcome == OrderOutcome::kResting);
    }
  };
  fill(1);
  // A page, up to two nodes, and the order itself.
  CHECK((ResidentBytes() - before) / (2 * kBookCount) < 1'100);

  // Books that moved on leave nothing behind.
  const std::size_t memory = engine.memory_bytes();
  for (std::uint64_t seed = 2; seed < 5; ++seed) {
    for (std::uint64_t id = 1; id <= 2 * kBookCount; ++id) engine.Apply(CancelOrder{OrderId(id)});
    fill(seed);
  }
  CHECK(engine.memory_bytes() < memory + memory / 100);
}

TEST_CASE("Memory: five million resting orders cost less than 200 bytes each", "[matching]") {
  constexpr std::uint64_t kOrderCount = 5'000'000;
  const std::size_t before = ResidentBytes();
  MatchingEngine engine(Options());
  for (std::uint32_t i = 0; i < kBookCount; ++i) engine.AddBook(99);
  std::mt19937_64 random(2);
  for (std::uint64_t id = 1; id <= kOrderCount; ++id) {
    AnOrder order(id);
    order.In(BookIndex(random() % kBookCount)).By(static_cast<std::uint32_t>(id % 1'000 + 1));
    const auto offset = static_cast<Tick>(random() % 40);
    random() % 2 == 0 ? order.Bid(49 - offset) : order.Ask(50 + offset);
    if (id % 4 == 0)
      order.Until(Timestamp::FromNanos(static_cast<std::int64_t>(1 + random() % id)));
    engine.Apply(order);
  }
  REQUIRE(engine.order_count() == kOrderCount);
  CHECK((ResidentBytes() - before) / kOrderCount < 200);
  // What the engine says of itself is near the truth.
  CHECK(engine.memory_bytes() / kOrderCount < 200);
  CHECK(engine.memory_bytes() > (ResidentBytes() - before) / 2);
}

}  // namespace
}  // namespace evx::matching
