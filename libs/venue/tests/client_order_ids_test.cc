#include "client_order_ids.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace evx::venue {
namespace {

#ifdef NDEBUG
constexpr int kStepCount = 500'000;
#else
constexpr int kStepCount = 100'000;
#endif
constexpr std::uint32_t kMarketCount = 50;

Hash128 KeyOf(std::uint64_t number) {
  return ClientOrderIds::KeyOf(AccountId(1), std::to_string(number));
}

// What the ids should be: a list in order of arrival, and a map.
class Reference {
 public:
  std::optional<OrderId> Find(std::uint64_t id) const {
    const auto it = by_id_.find(id);
    if (it == by_id_.end()) return std::nullopt;
    return list_[it->second].order;
  }
  void Add(std::uint64_t id, OrderId order, MarketId market) {
    by_id_[id] = list_.size();
    list_.push_back({id, order, market, true});
  }
  void Forget(MarketId market) {
    for (Entry& entry : list_) {
      if (!entry.live || entry.market != market) continue;
      entry.live = false;
      by_id_.erase(entry.id);
    }
  }
  struct Entry {
    std::uint64_t id;
    OrderId order;
    MarketId market;
    bool live;
  };
  const std::vector<Entry>& list() const { return list_; }

 private:
  std::unordered_map<std::uint64_t, std::size_t> by_id_;
  std::vector<Entry> list_;
};

void CheckEqual(const ClientOrderIds& ids, const Reference& reference) {
  std::vector<Reference::Entry> live;
  for (const Reference::Entry& entry : reference.list()) {
    if (entry.live) live.push_back(entry);
  }
  std::size_t at = 0;
  bool equal = true;
  ids.Visit([&](const Hash128& key, OrderId order, MarketId market) {
    equal = equal && at < live.size() && key == KeyOf(live[at].id) && order == live[at].order &&
            market == live[at].market;
    ++at;
  });
  REQUIRE(equal);
  REQUIRE(at == live.size());
}

TEST_CASE("ClientOrderIds: equal to a list and a map, whatever is added, forgotten and swept",
          "[venue][properties]") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    ClientOrderIds ids;
    if (seed == 2) ids.Reserve(1'000);
    Reference reference;
    std::uint64_t last_order = 0;
    std::uint32_t last_market = kMarketCount;
    for (int step = 0; step < kStepCount; ++step) {
      // Ids come back after their market was forgotten, and new ones come all the time.
      const std::uint64_t id = random() % static_cast<std::uint64_t>(kStepCount);
      const Hash128 key = KeyOf(id);
      ids.Prefetch(key);
      const std::optional<OrderId> first = reference.Find(id);
      REQUIRE(ids.Find(key) == first.value_or(OrderId()));
      if (!first) {
        const MarketId market(last_market - static_cast<std::uint32_t>(random() % kMarketCount));
        ids.Add(key, OrderId(++last_order), market);
        reference.Add(id, OrderId(last_order), market);
      }
      if (random() % (kStepCount / 100) == 0) {
        // Now and then several at once, so that one sweep begins before another has ended.
        for (std::uint64_t i = random() % 4; i < 4; ++i) {
          const MarketId market(++last_market - kMarketCount);
          ids.ForgetMarket(market);
          reference.Forget(market);
        }
      }
      if (random() % 4 != 0) ids.Sweep();
      if (step % (kStepCount / 10) == 0) CheckEqual(ids, reference);
    }
    for (int i = 0; i < kStepCount; ++i) ids.Sweep();
    CheckEqual(ids, reference);
  }
}

TEST_CASE("ClientOrderIds: memory of forgotten ids comes back", "[venue]") {
  constexpr std::uint64_t kCount = 1'000'000;
  ClientOrderIds ids;
  for (std::uint64_t i = 0; i < kCount; ++i) ids.Add(KeyOf(i), OrderId(i + 1), MarketId(1));
  const std::size_t full = ids.memory_bytes();
  CHECK(full <= kCount * 52);
  ids.ForgetMarket(MarketId(1));
  for (std::uint64_t i = 0; i < kCount; ++i) ids.Sweep();
  CHECK(ids.memory_bytes() < full * 2 / 3);  // The index keeps its size.
  CHECK(ids.Find(KeyOf(7)) == OrderId());
  ids.Add(KeyOf(7), OrderId(kCount + 1), MarketId(2));
  CHECK(ids.Find(KeyOf(7)) == OrderId(kCount + 1));
}

TEST_CASE("ClientOrderIds: a forked child can write them down", "[venue]") {
  constexpr std::uint64_t kCount = 100'000;
  ClientOrderIds ids;
  for (std::uint64_t i = 0; i < kCount; ++i) ids.Add(KeyOf(i), OrderId(i + 1), MarketId(1));
  const pid_t child = fork();
  if (child == 0) {
    std::uint64_t sum = 0;
    ids.Visit([&sum](const Hash128&, OrderId order, MarketId) { sum += order.value(); });
    _exit(sum == kCount * (kCount + 1) / 2 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace evx::venue
