#include "read_model/row_store.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

namespace evx::mock_kalshi {
namespace {

struct Row {
  int value = 0;
  SequenceNumber sequence_number;
};

// The same, slow and obvious: all arrivals in a list.
class ReferenceStore {
 public:
  struct Arrival {
    int owner = 0;
    int key = 0;
    Row row;
  };

  void Add(int owner, int key, const Row& row, std::size_t count_max) {
    arrivals_.push_back({owner, key, row});
    while (arrivals_.size() > count_max) arrivals_.erase(arrivals_.begin());
  }

  void ForgetThrough(SequenceNumber stored, std::size_t keep_count) {
    while (arrivals_.size() > keep_count && arrivals_.front().row.sequence_number <= stored) {
      arrivals_.erase(arrivals_.begin());
    }
  }

  // By key, highest first.
  std::vector<int> Values(int owner, int before) const {
    std::map<int, int, std::greater<>> values;
    for (const Arrival& arrival : arrivals_) {
      if (arrival.owner == owner && arrival.key < before) values[arrival.key] = arrival.row.value;
    }
    std::vector<int> out;
    for (const auto& [key, value] : values) out.push_back(value);
    return out;
  }

 private:
  std::vector<Arrival> arrivals_;
};

TEST_CASE("RowStore: holds what a list of arrivals holds, in the order of keys", "[mock-kalshi]") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  constexpr std::size_t kCountMax = 200;
  constexpr int kOwnerCount = 4;
  constexpr int kKeyCount = 150;
  RowStore<int, int, Row> store(kCountMax);
  ReferenceStore reference;
  for (int step = 1; step <= 5'000; ++step) {
    const int owner = static_cast<int>(random() % kOwnerCount);
    // Rising keys, keys from before, keys that are replaced.
    const int key = random() % 2 == 0 ? step : static_cast<int>(random() % kKeyCount);
    const Row row{step, SequenceNumber(static_cast<std::uint64_t>(step))};
    store.Add(owner, key, row);
    reference.Add(owner, key, row, kCountMax);
    if (random() % 50 == 0) {
      const SequenceNumber stored(static_cast<std::uint64_t>(step) - random() % 100);
      store.ForgetThrough(stored, 20);
      reference.ForgetThrough(stored, 20);
    }
    const int before = random() % 2 == 0 ? step : static_cast<int>(random() % kKeyCount);
    std::vector<int> values;
    store.Visit(owner, std::optional(before), [&values](const Row& visited) {
      values.push_back(visited.value);
      return true;
    });
    // `before` itself is not of the page.
    REQUIRE(values == reference.Values(owner, before));
    const auto newest = reference.Values(owner, key + 1);
    REQUIRE(store.Find(owner, key) != nullptr);
    REQUIRE(store.Find(owner, key)->value == newest.front());
    REQUIRE(store.Find(kOwnerCount, key) == nullptr);
  }
}

TEST_CASE("RowStore: a visit ends when it is told to", "[mock-kalshi]") {
  RowStore<int, int, Row> store(10);
  for (int key = 1; key <= 5; ++key) store.Add(1, key, {key, SequenceNumber(1)});
  std::vector<int> values;
  store.Visit(1, std::optional<int>(), [&values](const Row& row) {
    values.push_back(row.value);
    return values.size() < 2;
  });
  CHECK(values == std::vector<int>{5, 4});
}

}  // namespace
}  // namespace evx::mock_kalshi
