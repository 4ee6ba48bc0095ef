#include "evx/book/book.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "evx/core/testing/literals.h"

namespace evx::book {
namespace {

using namespace evx::testing;

Price Micros(std::int64_t micros) { return Price::FromMicros(micros); }

std::vector<Level> LevelsOf(const Book& book, BookSide side, std::size_t count_max = 10'000) {
  std::vector<Level> levels;
  book.AppendLevels(side, count_max, levels);
  return levels;
}

TEST_CASE("Book: changes add up at their level, and an empty level is gone", "[book]") {
  Book book;
  CHECK(book.Apply(BookSide::kBid, 56_c, 10_x) == ApplyResult::kApplied);
  CHECK(book.Apply(BookSide::kBid, 56_c, 5_x) == ApplyResult::kApplied);
  CHECK(book.QuantityAt(BookSide::kBid, 56_c) == 15_x);
  CHECK(book.QuantityAt(BookSide::kAsk, 56_c) == Quantity());
  CHECK(book.Apply(BookSide::kBid, 56_c, -15_x) == ApplyResult::kApplied);
  CHECK(book.level_count(BookSide::kBid) == 0);
  CHECK_FALSE(book.Best(BookSide::kBid));
}

TEST_CASE("Book: the best bid is the highest, the best ask the lowest", "[book]") {
  Book book;
  for (const Price price : {10_c, 40_c, 20_c})
    CHECK(book.Set(BookSide::kBid, price, 1_x) == ApplyResult::kApplied);
  for (const Price price : {90_c, 60_c, 70_c})
    CHECK(book.Set(BookSide::kAsk, price, 2_x) == ApplyResult::kApplied);
  CHECK(book.Best(BookSide::kBid) == Level{40_c, 1_x});
  CHECK(book.Best(BookSide::kAsk) == Level{60_c, 2_x});
  CHECK(LevelsOf(book, BookSide::kBid) ==
        std::vector<Level>{{40_c, 1_x}, {20_c, 1_x}, {10_c, 1_x}});
  CHECK(LevelsOf(book, BookSide::kAsk, 2) == std::vector<Level>{{60_c, 2_x}, {70_c, 2_x}});
  CHECK(book.Set(BookSide::kBid, 40_c, Quantity()) == ApplyResult::kApplied);
  CHECK(book.Best(BookSide::kBid) == Level{20_c, 1_x});
}

TEST_CASE("Book: a crossed book is kept and said to be one", "[book]") {
  Book book;
  CHECK(book.Set(BookSide::kBid, 50_c, 1_x) == ApplyResult::kApplied);
  CHECK_FALSE(book.is_crossed());
  CHECK(book.Set(BookSide::kAsk, 50_c, 1_x) == ApplyResult::kApplied);
  CHECK(book.is_crossed());
  CHECK(book.Set(BookSide::kAsk, 50_c, Quantity()) == ApplyResult::kApplied);
  CHECK_FALSE(book.is_crossed());
}

TEST_CASE("Book: finer prices find their place beside those that were there", "[book]") {
  Book book;
  CHECK(book.Set(BookSide::kBid, 50_c, 1_x) == ApplyResult::kApplied);
  CHECK(book.Set(BookSide::kBid, Micros(501'000), 2_x) == ApplyResult::kApplied);
  CHECK(book.Set(BookSide::kAsk, Micros(999'900), 3_x) == ApplyResult::kApplied);
  CHECK(book.Set(BookSide::kBid, Micros(100), 4_x) == ApplyResult::kApplied);
  CHECK(LevelsOf(book, BookSide::kBid) ==
        std::vector<Level>{{Micros(501'000), 2_x}, {50_c, 1_x}, {Micros(100), 4_x}});
  CHECK(LevelsOf(book, BookSide::kAsk) == std::vector<Level>{{Micros(999'900), 3_x}});
}

TEST_CASE("Book: what is no level is refused and changes nothing", "[book]") {
  Book book;
  CHECK(book.Set(BookSide::kBid, 50_c, 1_x) == ApplyResult::kApplied);
  const Book before = book;
  for (const Price price : {Micros(0), Micros(1'000'000)}) {
    CHECK(book.Apply(BookSide::kAsk, price, 1_x) == ApplyResult::kBadPrice);
    CHECK(book.Set(BookSide::kAsk, price, 1_x) == ApplyResult::kBadPrice);
    CHECK(book.QuantityAt(BookSide::kBid, price) == Quantity());
  }
  constexpr auto kMost = Quantity::FromCentis(std::numeric_limits<std::int64_t>::max());
  constexpr auto kOneMore = Quantity::FromCentis(1);
  CHECK(book.Apply(BookSide::kBid, 50_c, -2_x) == ApplyResult::kBadQuantity);
  CHECK(book.Apply(BookSide::kBid, 51_c, -1_x) == ApplyResult::kBadQuantity);
  CHECK(book.Apply(BookSide::kBid, Micros(501'000), -1_x) == ApplyResult::kBadQuantity);
  CHECK(book.Apply(BookSide::kBid, 50_c, kMost) == ApplyResult::kBadQuantity);
  CHECK(book.Apply(BookSide::kBid, 50_c, Book::kQuantityMax) == ApplyResult::kBadQuantity);
  CHECK(book.Set(BookSide::kBid, 50_c, Book::kQuantityMax + kOneMore) == ApplyResult::kBadQuantity);
  CHECK(book.Set(BookSide::kBid, 50_c, -1_x) == ApplyResult::kBadQuantity);
  CHECK(book == before);
  CHECK(book.Set(BookSide::kBid, 50_c, Book::kQuantityMax) == ApplyResult::kApplied);
}

TEST_CASE("Book: a change that changes nothing is said to be one", "[book]") {
  Book book;
  CHECK(book.Apply(BookSide::kBid, 50_c, Quantity()) == ApplyResult::kUnchanged);
  CHECK(book.Set(BookSide::kBid, 50_c, Quantity()) == ApplyResult::kUnchanged);
  CHECK(book.Set(BookSide::kBid, 50_c, 1_x) == ApplyResult::kApplied);
  CHECK(book.Set(BookSide::kBid, 50_c, 1_x) == ApplyResult::kUnchanged);
}

TEST_CASE("Book: a snapshot replaces everything, in any order", "[book]") {
  Book book;
  CHECK(book.Set(BookSide::kAsk, 99_c, 1_x) == ApplyResult::kApplied);
  const std::vector<Level> bids = {{20_c, 1_x}, {40_c, 2_x}};
  const std::vector<Level> asks = {{Micros(605'000), 3_x}};
  REQUIRE(book.Reset(bids, asks).ok());
  CHECK(LevelsOf(book, BookSide::kBid) == std::vector<Level>{{40_c, 2_x}, {20_c, 1_x}});
  CHECK(LevelsOf(book, BookSide::kAsk) == asks);
  book.Clear();
  CHECK(book == Book());
  CHECK_FALSE(book.Best(BookSide::kAsk));
}

TEST_CASE("Book: a snapshot with a fault is refused whole and names the level", "[book]") {
  Book book;
  REQUIRE(book.Reset(std::vector<Level>{{20_c, 1_x}}, {}).ok());
  const Book before = book;
  const std::vector<Level> good = {{20_c, 2_x}};
  for (const std::vector<Level>& bad : {std::vector<Level>{{30_c, 1_x}, {30_c, 1_x}},
                                        {{30_c, Quantity()}},
                                        {{30_c, -1_x}},
                                        {{Micros(1'000'000), 1_x}}}) {
    const absl::Status status = book.Reset(good, bad);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    const std::string message(status.message());
    CHECK(message.find("ask level at " + std::to_string(bad[0].price.micros())) == 0);
    CHECK(book == before);
  }
}

}  // namespace
}  // namespace evx::book
