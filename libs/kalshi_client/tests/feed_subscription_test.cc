#include "evx/kalshi_client/feed_subscription.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/kalshi_client/feed_plan.h"

namespace evx::kalshi_client {
namespace {

using Check = FeedSubscription::Check;

TEST_CASE("FeedSubscription: numbers that are left out or go back are a gap", "[feed]") {
  struct Case {
    std::vector<std::uint64_t> numbers;
    std::vector<Check> checks;
  };
  const auto in = Check::kInOrder;
  const auto gap = Check::kGap;
  const auto duplicate = Check::kDuplicate;
  const Case table = GENERATE_COPY(values<Case>({
      {{1, 2, 3}, {in, in, in}},
      {{2}, {gap}},
      {{1, 3, 4}, {in, gap, in}},
      {{1, 1, 2}, {in, duplicate, in}},
      {{1, 2, 1, 2}, {in, in, gap, in}},
      {{1, 9, 3, 4}, {in, gap, gap, in}},
      {{0, 0, 1, 0, 2}, {in, in, in, in, in}},
  }));
  FeedSubscription subscription(true);
  for (std::size_t i = 0; i < table.numbers.size(); ++i) {
    CHECK(subscription.OnSequence(table.numbers[i]) == table.checks[i]);
  }
}

TEST_CASE("FeedSubscription: a gap ends with the last snapshot", "[feed]") {
  FeedSubscription subscription(true);
  subscription.AddMarket("A");
  subscription.AddMarket("B");
  CHECK(subscription.IsInDoubt("A"));
  CHECK_FALSE(subscription.OnSnapshot("A"));
  CHECK_FALSE(subscription.OnSnapshot("B"));  // No gap was open.
  CHECK_FALSE(subscription.IsInDoubt("A"));
  CHECK(subscription.Doubt());
  CHECK_FALSE(subscription.Doubt());
  CHECK_FALSE(subscription.OnSnapshot("B"));
  CHECK_FALSE(subscription.OnSnapshot("C"));
  CHECK(subscription.OnSnapshot("A"));
  CHECK_FALSE(subscription.is_gap_open());
}

TEST_CASE("FeedSubscription: a market that is removed or given up is not waited for", "[feed]") {
  FeedSubscription subscription(true);
  for (const char* ticker : {"A", "B", "C"}) subscription.AddMarket(ticker);
  subscription.Doubt();
  subscription.OnSnapshot("A");
  CHECK_FALSE(subscription.RemoveMarket("B"));
  CHECK(subscription.GiveUp() == std::vector<std::string>{"C"});
  CHECK_FALSE(subscription.is_gap_open());
  CHECK(subscription.IsInDoubt("C"));
  CHECK_FALSE(subscription.OnSnapshot("C"));
  CHECK_FALSE(subscription.IsInDoubt("C"));
  subscription.Doubt();
  subscription.OnSnapshot("A");
  CHECK(subscription.RemoveMarket("C"));
}

// The rules once more, without counters.
struct Reference {
  std::uint64_t last = 0;
  bool is_open = false;
  std::map<std::string, char> markets;  // 'p' proven, 'a' awaited, 'g' given up.

  bool NothingAwaited() const {
    for (const auto& [ticker, proof] : markets) {
      if (proof == 'a') return false;
    }
    return true;
  }
  bool EndIfProven(char before) {
    if (before != 'a' || !NothingAwaited() || !is_open) return false;
    is_open = false;
    return true;
  }
  void Doubt() {
    for (auto& [ticker, proof] : markets) proof = 'a';
    is_open = true;
  }
};

TEST_CASE("FeedSubscription: random histories agree with the reference", "[feed]") {
  std::mt19937 random(evx::testing::TestSeed("FeedSubscription"));
  for (int history = 0; history < 200; ++history) {
    FeedSubscription subscription(true);
    Reference reference;
    for (int step = 0; step < 200; ++step) {
      const std::string ticker(1, static_cast<char>('A' + random() % 5));
      switch (random() % 8) {
        case 0:
          subscription.AddMarket(ticker);
          reference.markets.try_emplace(ticker, 'a');
          break;
        case 1: {
          const auto found = reference.markets.find(ticker);
          const char before = found == reference.markets.end() ? ' ' : found->second;
          if (found != reference.markets.end()) reference.markets.erase(found);
          REQUIRE(subscription.RemoveMarket(ticker) == reference.EndIfProven(before));
          break;
        }
        case 2: {
          REQUIRE(subscription.Doubt() == !reference.is_open);
          reference.Doubt();
          break;
        }
        case 3: {
          std::vector<std::string> silent;
          for (auto& [name, proof] : reference.markets) {
            if (proof != 'a') continue;
            proof = 'g';
            silent.push_back(name);
          }
          reference.is_open = false;
          REQUIRE(subscription.GiveUp() == silent);
          break;
        }
        case 4: {
          const std::uint64_t seq = reference.last + random() % 3;
          Check expected = Check::kInOrder;
          if (seq == reference.last && seq != 0) expected = Check::kDuplicate;
          if (seq > reference.last + 1) {
            expected = Check::kGap;
            reference.Doubt();
          }
          if (seq != 0) reference.last = seq;
          REQUIRE(subscription.OnSequence(seq) == expected);
          break;
        }
        default: {
          const auto found = reference.markets.find(ticker);
          const char before = found == reference.markets.end() ? ' ' : found->second;
          if (found != reference.markets.end()) found->second = 'p';
          REQUIRE(subscription.OnSnapshot(ticker) == reference.EndIfProven(before));
        }
      }
      REQUIRE(subscription.is_gap_open() == reference.is_open);
      REQUIRE((subscription.awaited_count() == 0) == reference.NothingAwaited());
      for (const auto& [name, proof] : reference.markets) {
        REQUIRE(subscription.IsInDoubt(name) == (proof != 'p'));
      }
    }
  }
}

TEST_CASE("FeedPlan: markets fill connections up to the limit", "[feed]") {
  FeedPlan plan(2, 2);
  CHECK(plan.Add("A") == 0);
  CHECK(plan.Add("B") == 0);
  CHECK(plan.Add("C") == 1);
  CHECK(plan.Add("A") == 0);
  CHECK(plan.Add("D") == 1);
  CHECK_FALSE(plan.Add("E").has_value());
  CHECK(plan.Remove("B") == 0);
  CHECK_FALSE(plan.Remove("B").has_value());
  CHECK(plan.Add("E") == 0);
  CHECK(plan.market_count() == 4);
}

TEST_CASE("FeedPlan: random plans never break the limits", "[feed]") {
  std::mt19937 random(evx::testing::TestSeed("FeedPlan"));
  FeedPlan plan(3, 4);
  std::map<std::string, int> reference;
  for (int step = 0; step < 5'000; ++step) {
    const std::string ticker = std::to_string(random() % 16);
    const auto found = reference.find(ticker);
    if (random() % 2 == 0) {
      const auto connection = plan.Add(ticker);
      if (found != reference.end()) {
        REQUIRE(connection == found->second);
      } else {
        REQUIRE(connection.has_value() == (reference.size() < plan.capacity()));
        if (connection) reference[ticker] = *connection;
      }
    } else {
      const auto connection = plan.Remove(ticker);
      REQUIRE(connection.has_value() == (found != reference.end()));
      if (connection) {
        REQUIRE(*connection == found->second);
        reference.erase(found);
      }
    }
    std::map<int, std::size_t> counts;
    for (const auto& [name, connection] : reference) ++counts[connection];
    for (const auto& [connection, count] : counts) {
      REQUIRE(count <= 3);
      REQUIRE(connection < 4);
      REQUIRE(plan.market_count(connection) == count);
    }
    REQUIRE(plan.market_count() == reference.size());
  }
}

}  // namespace
}  // namespace evx::kalshi_client
