#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "evx/book/book.h"
#include "evx/core/testing/seed.h"

// Random changes on a book and on two maps; compared after each.

namespace evx::book {
namespace {

constexpr int kOperationCount = 200'000;
constexpr int kOperationsPerBook = 2'000;

class ReferenceBook {
 public:
  ApplyResult Set(BookSide side, Price price, std::int64_t centis) {
    if (price.micros() == 0 || price.micros() == 1'000'000) return ApplyResult::kBadPrice;
    if (centis < 0 || centis > Book::kQuantityMax.centis()) return ApplyResult::kBadQuantity;
    auto& levels = levels_[static_cast<int>(side)];
    const std::int64_t before = At(side, price);
    levels.erase(price);
    if (centis != 0) levels[price] = centis;
    return before == centis ? ApplyResult::kUnchanged : ApplyResult::kApplied;
  }
  std::int64_t At(BookSide side, Price price) const {
    const auto& levels = levels_[static_cast<int>(side)];
    const auto level = levels.find(price);
    return level == levels.end() ? 0 : level->second;
  }
  std::vector<Level> Levels(BookSide side) const {
    std::vector<Level> out;
    for (const auto& [price, centis] : levels_[static_cast<int>(side)]) {
      out.push_back({price, Quantity::FromCentis(centis)});
    }
    if (side == BookSide::kBid) std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  std::map<Price, std::int64_t> levels_[2];
};

TEST_CASE("Book: equals two maps after every one of many random changes", "[book]") {
  std::mt19937_64 random(evx::testing::TestSeed("Book"));
  const auto below = [&](std::uint64_t bound) {
    return static_cast<std::int64_t>(random() % bound);
  };
  Book book;
  ReferenceBook reference;
  // Of the finest prices, few or many are in play.
  std::int64_t step = 10'000;
  for (int i = 0; i < kOperationCount; ++i) {
    if (i % kOperationsPerBook == 0) {
      book = Book();
      reference = ReferenceBook();
      step = 10'000;
    }
    if (below(500) == 0) step = std::max<std::int64_t>(100, step / 10);
    const auto side = static_cast<BookSide>(below(2));
    const Price price = Price::FromMicros(below(1'000'000 / step + 1) * step);
    const std::int64_t there = reference.At(side, price);
    if (below(2) == 0) {
      const std::int64_t change = below(3) == 0 ? -there : below(400) - 200;
      const ApplyResult expected = price.micros() % 1'000'000 == 0 ? ApplyResult::kBadPrice
                                   : change == 0                   ? ApplyResult::kUnchanged
                                                 : reference.Set(side, price, there + change);
      REQUIRE(book.Apply(side, price, Quantity::FromCentis(change)) == expected);
    } else {
      const std::int64_t centis = below(4) == 0 ? 0 : below(300) - 5;
      REQUIRE(book.Set(side, price, Quantity::FromCentis(centis)) ==
              reference.Set(side, price, centis));
    }
    const std::vector<Level> expected = reference.Levels(side);
    REQUIRE(book.level_count(side) == expected.size());
    REQUIRE(book.Best(side) ==
            (expected.empty() ? std::nullopt : std::optional<Level>(expected.front())));
    REQUIRE(book.QuantityAt(side, price).centis() == reference.At(side, price));
    if (i % 16 == 0) {
      std::vector<Level> levels;
      book.AppendLevels(side, expected.size() + 1, levels);
      REQUIRE(levels == expected);
      REQUIRE(book.HasLevels(side, levels));
      if (!levels.empty()) {
        Level& one = levels[below(static_cast<std::int64_t>(levels.size()))];
        one.quantity = one.quantity + Quantity::FromCentis(1);
        REQUIRE_FALSE(book.HasLevels(side, levels));
        levels.pop_back();
        REQUIRE_FALSE(book.HasLevels(side, levels));
      }
      Book copy;
      REQUIRE(copy.Reset(reference.Levels(BookSide::kBid), reference.Levels(BookSide::kAsk)).ok());
      REQUIRE(copy == book);
      REQUIRE(HashBook("T", copy) == HashBook("T", book));
    }
  }
}

}  // namespace
}  // namespace evx::book
