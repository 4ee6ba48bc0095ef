#include <catch2/catch.hpp>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

// Price-time priority and what a trade does to the two orders.

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

constexpr BookIndex kBook(0);

struct Fixture {
  Fixture() { engine.AddBook(99); }
  MatchingEngine engine{{.book_count_max = 10, .order_count_max = 1'000}};
};

TEST_CASE_METHOD(Fixture, "MatchingEngine: an order that crosses nothing rests", "[matching]") {
  const Execution execution = engine.Apply(AnOrder(1).Bid(40).Of(10_x));

  CHECK(execution.outcome == OrderOutcome::kResting);
  CHECK(execution.remaining == 10_x);
  CHECK(execution.filled.is_zero());
  CHECK(execution.steps.empty());
  CHECK(engine.BestTick(kBook, BookSide::kBid) == 40u);
  CHECK_FALSE(engine.BestTick(kBook, BookSide::kAsk).has_value());
  CHECK(engine.QuantityAt(kBook, BookSide::kBid, 40) == 10_x);
  CHECK(engine.QuantityAt(kBook, BookSide::kAsk, 40).is_zero());
  CHECK(engine.Find(OrderId(1))->slot == execution.slot);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: a trade executes at the resting order's tick",
                 "[matching]") {
  engine.Apply(AnOrder(1).Ask(52).Of(5_x).By(8));

  const Execution execution = engine.Apply(AnOrder(2).Bid(98).Of(5_x));

  CHECK(execution.outcome == OrderOutcome::kFilled);
  CHECK(execution.filled == 5_x);
  REQUIRE(execution.steps.size() == 1);
  CHECK(execution.steps[0].kind == MatchStep::Kind::kFill);
  CHECK(execution.steps[0].maker_order_id == OrderId(1));
  CHECK(execution.steps[0].maker_owner == OwnerId(8));
  CHECK(execution.steps[0].tick == 52);
  CHECK(execution.steps[0].quantity == 5_x);
  CHECK(execution.steps[0].maker_remaining.is_zero());
  CHECK(engine.order_count() == 0);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: bids fill from the highest tick, asks from the lowest",
                 "[matching]") {
  SECTION("an incoming ask") {
    for (Tick tick : {38, 40, 39}) engine.Apply(AnOrder(tick).Bid(tick).Of(1_x));
    const Execution execution = engine.Apply(AnOrder(100).Ask(38).Of(3_x));
    REQUIRE(execution.steps.size() == 3);
    CHECK(execution.steps[0].tick == 40);
    CHECK(execution.steps[1].tick == 39);
    CHECK(execution.steps[2].tick == 38);
  }
  SECTION("an incoming bid") {
    for (Tick tick : {52, 50, 51}) engine.Apply(AnOrder(tick).Ask(tick).Of(1_x));
    const Execution execution = engine.Apply(AnOrder(100).Bid(52).Of(3_x));
    REQUIRE(execution.steps.size() == 3);
    CHECK(execution.steps[0].tick == 50);
    CHECK(execution.steps[1].tick == 51);
    CHECK(execution.steps[2].tick == 52);
  }
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: an order trades up to its tick and rests with the rest",
                 "[matching]") {
  engine.Apply(AnOrder(1).Ask(50).Of(2_x));
  engine.Apply(AnOrder(2).Ask(51).Of(2_x));
  engine.Apply(AnOrder(3).Ask(52).Of(2_x));

  const Execution execution = engine.Apply(AnOrder(4).Bid(51).Of(10_x));

  CHECK(execution.outcome == OrderOutcome::kResting);
  CHECK(execution.filled == 4_x);
  CHECK(execution.remaining == 6_x);
  CHECK(engine.BestTick(kBook, BookSide::kBid) == 51u);
  CHECK(engine.BestTick(kBook, BookSide::kAsk) == 52u);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: a partly filled resting order keeps what is left",
                 "[matching]") {
  engine.Apply(AnOrder(1).Ask(50).Of(10_x));

  const Execution execution = engine.Apply(AnOrder(2).Bid(50).Of(4_x));

  CHECK(execution.steps[0].maker_remaining == 6_x);
  CHECK(engine.Find(OrderId(1))->remaining == 6_x);
  CHECK(engine.QuantityAt(kBook, BookSide::kAsk, 50) == 6_x);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: the lowest and the highest tick trade", "[matching]") {
  engine.Apply(AnOrder(1).Bid(0));
  CHECK(engine.Apply(AnOrder(2).Ask(0)).outcome == OrderOutcome::kFilled);
  engine.Apply(AnOrder(3).Ask(98));
  CHECK(engine.Apply(AnOrder(4).Bid(98)).outcome == OrderOutcome::kFilled);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: books do not see each other", "[matching]") {
  const BookIndex other = engine.AddBook(99);
  engine.Apply(AnOrder(1).Ask(50));

  const Execution execution = engine.Apply(AnOrder(2).In(other).Bid(60));

  CHECK(execution.outcome == OrderOutcome::kResting);
  CHECK(engine.BestTick(other, BookSide::kBid) == 60u);
  CHECK(engine.BestTick(kBook, BookSide::kAsk) == 50u);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: cancel takes the whole remainder off the book",
                 "[matching]") {
  engine.Apply(AnOrder(1).Bid(40).Of(3_x));
  engine.Apply(AnOrder(2).Bid(39).Of(3_x));

  const Reduction reduction = engine.Apply(CancelOrder{OrderId(1)});

  CHECK_FALSE(reduction.reject.has_value());
  CHECK(reduction.reduced_by == 3_x);
  CHECK(reduction.remaining.is_zero());
  CHECK(engine.BestTick(kBook, BookSide::kBid) == 39u);
  CHECK_FALSE(engine.Find(OrderId(1)).has_value());
  CHECK(engine.Apply(CancelOrder{OrderId(1)}).reject == RejectReason::kUnknownOrder);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: an order id can be used again once its order is gone",
                 "[matching]") {
  engine.Apply(AnOrder(1).Bid(40));
  CHECK(engine.Apply(AnOrder(1).Bid(41)).reject == RejectReason::kDuplicateOrderId);
  engine.Apply(CancelOrder{OrderId(1)});
  CHECK(engine.Apply(AnOrder(1).Bid(41)).outcome == OrderOutcome::kResting);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: a slot freed by a command is not given out by it",
                 "[matching]") {
  const OrderSlot maker = engine.Apply(AnOrder(1).Ask(50).Of(1_x)).slot;

  const Execution execution = engine.Apply(AnOrder(2).Bid(50).Of(2_x));

  REQUIRE(execution.outcome == OrderOutcome::kResting);
  CHECK(execution.steps[0].maker_slot == maker);
  CHECK(execution.slot != maker);
  CHECK(engine.Apply(AnOrder(3).Bid(10)).slot == maker);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: one order can sweep every level of the book",
                 "[matching]") {
  for (Tick tick = 0; tick < 99; ++tick) {
    engine.Apply(AnOrder(2 * tick + 1).Ask(tick).Of(1_x));
    engine.Apply(AnOrder(2 * tick + 2).Ask(tick).Of(1_x));
  }
  const Execution execution = engine.Apply(AnOrder(1'000).Bid(98).Of(198_x));
  CHECK(execution.outcome == OrderOutcome::kFilled);
  REQUIRE(execution.steps.size() == 198);
  for (std::size_t i = 0; i < 198; ++i) {
    CHECK(execution.steps[i].maker_order_id == OrderId(i + 1));
  }
  CHECK(engine.order_count() == 0);
}

TEST_CASE("MatchingEngine: ladders of every depth find the next level across empty ticks",
          "[matching]") {
  const std::uint32_t tick_count =
      GENERATE(2u, 63u, 64u, 65u, 4'096u, 4'097u, 262'145u, 1'000'000u);
  MatchingEngine engine({.book_count_max = 1, .order_count_max = 100});
  engine.AddBook(tick_count);
  const Tick last = tick_count - 1;
  engine.Apply(AnOrder(1).Bid(0));
  engine.Apply(AnOrder(2).Bid(last));
  CHECK(engine.BestTick(kBook, BookSide::kBid) == last);
  engine.Apply(CancelOrder{OrderId(2)});
  CHECK(engine.BestTick(kBook, BookSide::kBid) == 0u);
  engine.Apply(CancelOrder{OrderId(1)});
  CHECK_FALSE(engine.BestTick(kBook, BookSide::kBid).has_value());

  engine.Apply(AnOrder(3).Ask(0));
  engine.Apply(AnOrder(4).Ask(last));
  const Execution execution = engine.Apply(AnOrder(5).Bid(last).Of(2_x));
  REQUIRE(execution.steps.size() == 2);
  CHECK(execution.steps[1].tick == last);
  CHECK_FALSE(engine.BestTick(kBook, BookSide::kAsk).has_value());
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: levels are visited best first until told to stop",
                 "[matching]") {
  engine.Apply(AnOrder(1).Ask(60).Of(1_x));
  engine.Apply(AnOrder(2).Ask(55).Of(2_x));
  engine.Apply(AnOrder(3).Ask(55).Of(3_x));
  engine.Apply(AnOrder(4).Ask(70).Of(4_x));
  std::vector<DepthLevel> levels;
  engine.VisitLevels(kBook, BookSide::kAsk, [&](const DepthLevel& level) {
    levels.push_back(level);
    return levels.size() < 2;
  });
  REQUIRE(levels.size() == 2);
  CHECK(levels[0].tick == 55);
  CHECK(levels[0].quantity == 5_x);
  CHECK(levels[0].order_count == 2);
  CHECK(levels[1].tick == 60);
}

TEST_CASE_METHOD(Fixture, "MatchingEngine: an empty book can get another number of ticks",
                 "[matching]") {
  engine.Apply(AnOrder(1).Bid(98));
  engine.Apply(CancelOrder{OrderId(1)});
  engine.ResizeBook(kBook, 999'999);
  CHECK(engine.Apply(AnOrder(2).Bid(999'998)).outcome == OrderOutcome::kResting);
  engine.Apply(CancelOrder{OrderId(2)});
  engine.ResizeBook(kBook, 50);
  CHECK(engine.Apply(AnOrder(3).Bid(50)).reject == RejectReason::kTickOutOfRange);
}

TEST_CASE("MatchingEngine: the largest quantity fits in any number on one level", "[matching]") {
  MatchingEngine engine({.book_count_max = 1, .order_count_max = 1'000});
  engine.AddBook(99);
  for (std::uint64_t id = 1; id <= 1'000; ++id) {
    engine.Apply(AnOrder(id).Bid(5).Of(kQuantityMax));
  }
  CHECK(engine.QuantityAt(kBook, BookSide::kBid, 5).centis() == kQuantityMax.centis() * 1'000);
  CHECK(engine.Apply(AnOrder(2'000).Ask(5).Of(kQuantityMax).ImmediateOrCancel()).filled ==
        kQuantityMax);
}

}  // namespace
}  // namespace evx::matching
