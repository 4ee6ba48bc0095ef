#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>

#include "evx/book/book.h"
#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"

// Decoded changes applied to the books of many markets, per CPU second, and the same changes on a
// pair of std::map for each market. The changes are made beforehand: markets whose mid price walks,
// levels near it that grow, shrink and go. Prints one JSON line.

namespace evx::book {
namespace {

using evx::testing::SplitMix64;
using evx::testing::ThreadCpuSeconds;

constexpr std::uint32_t kMarketCount = 1'000;
constexpr std::size_t kChangeCount = 8'000'000;
constexpr std::uint32_t kDepth = 20;

struct Change {
  std::uint32_t market;
  BookSide side;
  Price price;
  Quantity quantity;
};

using LevelMap = std::map<Price, std::int64_t>;

std::vector<Change> MakeChanges() {
  SplitMix64 random(1);
  std::vector<Change> changes;
  changes.reserve(kChangeCount);
  std::vector<std::int64_t> mids(kMarketCount, 50);
  std::vector<LevelMap> levels(2 * kMarketCount);
  while (changes.size() < kChangeCount) {
    const std::uint32_t market = random.Below(kMarketCount);
    std::int64_t& mid = mids[market];
    if (random.Below(64) == 0) {
      mid = std::clamp<std::int64_t>(mid + (random.Below(2) == 0 ? 1 : -1), 2, 98);
    }
    const auto side = static_cast<BookSide>(random.Below(2));
    const std::int64_t away = 1 + random.Below(kDepth);
    const std::int64_t cents = side == BookSide::kBid ? mid - away : mid + away;
    if (cents < 1 || cents > 99) continue;
    LevelMap& side_levels = levels[2 * market + static_cast<std::uint32_t>(side)];
    std::int64_t& there = side_levels[Price::FromCents(cents)];
    const std::uint32_t kind = random.Below(4);
    const std::int64_t change = there > 0 && kind == 0   ? -there
                                : there > 1 && kind == 1 ? -(there / 2)
                                                         : 100 * (1 + random.Below(50));
    there += change;
    if (there == 0) side_levels.erase(Price::FromCents(cents));
    changes.push_back({market, side, Price::FromCents(cents), Quantity::FromCentis(change)});
  }
  return changes;
}

struct Measured {
  double changes_per_second = 0;
  std::int64_t checksum = 0;
};

Measured PassOverBooks(const std::vector<Change>& changes) {
  std::vector<Book> books(kMarketCount);
  std::int64_t checksum = 0;
  const double start = ThreadCpuSeconds();
  for (const Change& change : changes) {
    Book& book = books[change.market];
    EVX_CHECK(book.Apply(change.side, change.price, change.quantity) == ApplyResult::kApplied);
    if (const auto best = book.Best(change.side)) checksum += best->price.micros();
  }
  return {static_cast<double>(changes.size()) / (ThreadCpuSeconds() - start), checksum};
}

Measured PassOverMaps(const std::vector<Change>& changes) {
  std::vector<LevelMap> books(2 * kMarketCount);
  std::int64_t checksum = 0;
  const double start = ThreadCpuSeconds();
  for (const Change& change : changes) {
    LevelMap& levels = books[2 * change.market + static_cast<std::uint32_t>(change.side)];
    const auto level = levels.try_emplace(change.price, 0).first;
    level->second += change.quantity.centis();
    EVX_CHECK(level->second >= 0);
    if (level->second == 0) levels.erase(level);
    if (!levels.empty()) {
      checksum +=
          (change.side == BookSide::kBid ? levels.rbegin()->first : levels.begin()->first).micros();
    }
  }
  return {static_cast<double>(changes.size()) / (ThreadCpuSeconds() - start), checksum};
}

int Main() {
  const std::vector<Change> changes = MakeChanges();
  const Measured books = PassOverBooks(changes);
  const Measured maps = PassOverMaps(changes);
  EVX_CHECK(books.checksum == maps.checksum);
  std::printf(
      "{\"row\":\"book_apply\",\"measured\":%.0f,\"reference\":%.0f,\"unit\":\"changes/s\"}\n",
      books.changes_per_second, maps.changes_per_second);
  return 0;
}

}  // namespace
}  // namespace evx::book

int main() { return evx::book::Main(); }
