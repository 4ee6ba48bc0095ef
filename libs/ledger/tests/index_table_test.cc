#include "index_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "evx/core/testing/seed.h"

namespace evx::ledger {
namespace {

TEST_CASE("IndexTable: equals a map after any insertions and erasures", "[ledger]") {
  std::mt19937 random(evx::testing::TestSeed("IndexTable"));
  IndexTable table;
  std::map<std::uint64_t, std::uint32_t> expected;
  int wrong = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t key = IndexTable::Key(random() % 40, random() % 40);
    const auto found = expected.find(key);
    wrong += table.Find(key) != (found == expected.end() ? 0 : found->second);
    if (found == expected.end()) {
      const std::uint32_t index = random() | 1;
      table.Insert(key, index);
      expected.emplace(key, index);
    } else {
      table.Erase(key);
      expected.erase(found);
    }
    wrong += table.size() != expected.size();
  }
  for (std::uint32_t a = 0; a < 40; ++a) {
    for (std::uint32_t b = 0; b < 40; ++b) {
      const auto found = expected.find(IndexTable::Key(a, b));
      wrong += table.Find(IndexTable::Key(a, b)) != (found == expected.end() ? 0 : found->second);
    }
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace evx::ledger
