#include "order_index.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "order_pool.h"

namespace evx::matching {
namespace {

constexpr std::uint32_t kOrderCountMax = 200'000;

// Inserts and erases at random, ids made by `id_of` from a counter, and compares with a map.
template <class IdOf>
void CompareWithMap(IdOf id_of) {
  OrderPool pool(kOrderCountMax, PageSize::kSmall);
  OrderIndex index(pool, PageSize::kSmall);
  std::unordered_map<std::uint64_t, OrderSlot> expected;
  std::vector<std::uint64_t> live;
  std::mt19937_64 random(20260101);
  std::uint64_t counter = 0;
  for (int i = 0; i < 150'000; ++i) {
    // Grows through several doublings, shrinks, grows again.
    const bool grow = i < 40'000 || i > 110'000;
    if (live.empty() || random() % 8 < (grow ? 6U : 3U)) {
      const std::uint64_t id = id_of(counter++);
      if (expected.contains(id)) continue;
      const OrderSlot slot = pool.Allocate();
      index.Insert(id, slot);
      pool[slot].order_id = id;
      expected[id] = slot;
      live.push_back(id);
    } else {
      const std::size_t chosen = random() % live.size();
      const std::uint64_t id = live[chosen];
      live[chosen] = live.back();
      live.pop_back();
      const OrderIndex::Place place = index.Find(id);
      REQUIRE(place.slot == expected[id]);
      index.Erase(place);
      pool.Free(place.slot);
      expected.erase(id);
      REQUIRE(index.Find(id).slot == kNoSlot);
    }
    if (i % 10'000 == 0) {
      for (const auto& [id, slot] : expected) REQUIRE(index.Find(id).slot == slot);
    }
  }
  for (const auto& [id, slot] : expected) REQUIRE(index.Find(id).slot == slot);
}

TEST_CASE("OrderIndex: finds what was inserted and not erased, whatever the ids", "[matching]") {
  SECTION("dense") {
    CompareWithMap([](std::uint64_t n) { return n + 1; });
  }
  SECTION("dense around 2^32") {
    CompareWithMap([](std::uint64_t n) { return (std::uint64_t{1} << 32) - 20'000 + n; });
  }
  SECTION("multiples of 2^20") {
    CompareWithMap([](std::uint64_t n) { return n << 20; });
  }
  SECTION("multiples of 2^40") {
    CompareWithMap([](std::uint64_t n) { return n << 40; });
  }
  SECTION("multiples of a thousand") {
    CompareWithMap([](std::uint64_t n) { return n * 1'000; });
  }
  SECTION("random") {
    std::mt19937_64 ids(7);
    CompareWithMap([&](std::uint64_t) { return ids(); });
  }
}

}  // namespace
}  // namespace evx::matching
