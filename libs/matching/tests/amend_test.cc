#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

// Amend and decrease: what keeps the place in the queue, what trades, what is refused.

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

constexpr BookIndex kBook(0);

struct Fixture {
  Fixture() {
    engine.AddBook(99);
    engine.Apply(AnOrder(1).Bid(40).Of(5_x).By(7));
    engine.Apply(AnOrder(2).Bid(40).Of(5_x).By(8));
    engine.Apply(AnOrder(3).Ask(50).Of(5_x).By(8));
  }
  Quantity Ahead(std::uint64_t id) { return engine.QueuePosition(OrderId(id)).value(); }
  MatchingEngine engine{{.book_count_max = 10, .order_count_max = 1'000}};
};

TEST_CASE_METHOD(Fixture, "Amend: less at the same tick keeps the place", "[matching]") {
  const OrderSlot slot = engine.Find(OrderId(1))->slot;
  const Execution execution = engine.Apply(AmendOrder{OrderId(1), 40, 3_x, {}});
  CHECK(execution.outcome == OrderOutcome::kResting);
  CHECK(execution.kept_priority);
  CHECK(execution.remaining == 3_x);
  CHECK(execution.slot == slot);
  CHECK(Ahead(1).is_zero());
  CHECK(Ahead(2) == 3_x);
  CHECK(engine.QuantityAt(kBook, BookSide::kBid, 40) == 8_x);
}

TEST_CASE_METHOD(Fixture, "Amend: Check tells the refusal and changes nothing", "[matching]") {
  CHECK_FALSE(engine.Check(AmendOrder{OrderId(1), 50, 5_x, {}}).has_value());
  CHECK(engine.Check(AmendOrder{OrderId(2), 50, 5_x, {}}) == RejectReason::kSelfCross);
  CHECK(engine.Check(AmendOrder{OrderId(9), 50, 5_x, {}}) == RejectReason::kUnknownOrder);
  CHECK(engine.order_count() == 3);
  CHECK(engine.Find(OrderId(1))->tick == 40);
}

TEST_CASE_METHOD(Fixture, "Amend: another expiration alone keeps the place", "[matching]") {
  const Timestamp later = Timestamp::FromSeconds(9);
  CHECK(engine.Apply(AmendOrder{OrderId(1), 40, 5_x, later}).kept_priority);
  CHECK(engine.Find(OrderId(1))->expiration == later);
  CHECK(Ahead(1).is_zero());
}

TEST_CASE_METHOD(Fixture, "Amend: more at the same tick goes to the back", "[matching]") {
  const Execution execution = engine.Apply(AmendOrder{OrderId(1), 40, 6_x, {}});
  CHECK_FALSE(execution.kept_priority);
  CHECK(Ahead(1) == 5_x);
  CHECK(Ahead(2).is_zero());
  CHECK(engine.QuantityAt(kBook, BookSide::kBid, 40) == 11_x);
}

TEST_CASE_METHOD(Fixture, "Amend: another tick goes to the back of that level", "[matching]") {
  engine.Apply(AnOrder(4).Bid(41).Of(1_x));
  const OrderSlot slot = engine.Find(OrderId(1))->slot;
  const Execution execution = engine.Apply(AmendOrder{OrderId(1), 41, 2_x, {}});
  CHECK_FALSE(execution.kept_priority);
  CHECK(execution.slot == slot);
  CHECK(Ahead(1) == 1_x);
  CHECK(Ahead(2).is_zero());
}

TEST_CASE_METHOD(Fixture, "Amend: into the other side trades at once and rests with the rest",
                 "[matching]") {
  const Execution execution = engine.Apply(AmendOrder{OrderId(1), 50, 8_x, {}});
  CHECK(execution.outcome == OrderOutcome::kResting);
  CHECK(execution.filled == 5_x);
  CHECK(execution.remaining == 3_x);
  REQUIRE(execution.steps.size() == 1);
  CHECK(execution.steps[0].maker_order_id == OrderId(3));
  CHECK(engine.BestTick(kBook, BookSide::kBid) == 50u);
}

TEST_CASE_METHOD(Fixture, "Amend: an order that fills by it is gone, its slot is told",
                 "[matching]") {
  const OrderSlot slot = engine.Find(OrderId(1))->slot;
  const Execution execution = engine.Apply(AmendOrder{OrderId(1), 50, 4_x, {}});
  CHECK(execution.outcome == OrderOutcome::kFilled);
  CHECK(execution.slot == slot);
  CHECK_FALSE(engine.Find(OrderId(1)).has_value());
  CHECK(engine.Find(OrderId(3))->remaining == 1_x);
}

TEST_CASE_METHOD(Fixture, "Amend: that would trade with the same owner is rejected untouched",
                 "[matching]") {
  engine.Apply(AnOrder(4).Ask(51).Of(5_x).By(7));
  CHECK(engine.Apply(AmendOrder{OrderId(1), 51, 6_x, {}}).reject == RejectReason::kSelfCross);
  CHECK(engine.Apply(AmendOrder{OrderId(2), 50, 1_x, {}}).reject == RejectReason::kSelfCross);
  CHECK(engine.Find(OrderId(1))->tick == 40);
  CHECK(Ahead(2) == 5_x);

  SECTION("but not when it is filled before it reaches that order") {
    CHECK(engine.Apply(AmendOrder{OrderId(1), 51, 5_x, {}}).outcome == OrderOutcome::kFilled);
  }
}

TEST_CASE_METHOD(Fixture, "Amend: a post-only order that would take is rejected untouched",
                 "[matching]") {
  engine.Apply(AnOrder(4).Bid(41).Of(5_x).PostOnly());
  CHECK(engine.Apply(AmendOrder{OrderId(4), 50, 5_x, {}}).reject ==
        RejectReason::kPostOnlyWouldCross);
  CHECK(engine.Find(OrderId(4))->tick == 41);
  CHECK(engine.Apply(AmendOrder{OrderId(4), 49, 5_x, {}}).outcome == OrderOutcome::kResting);
}

TEST_CASE_METHOD(Fixture, "Decrease: keeps the place in the queue", "[matching]") {
  const Reduction reduction = engine.Apply(DecreaseOrder{OrderId(1), 2_x});
  CHECK_FALSE(reduction.reject.has_value());
  CHECK(reduction.reduced_by == 3_x);
  CHECK(reduction.remaining == 2_x);
  CHECK(Ahead(1).is_zero());
  CHECK(engine.QuantityAt(kBook, BookSide::kBid, 40) == 7_x);
}

TEST_CASE_METHOD(Fixture, "Decrease: to as much, more, or nothing is out of range", "[matching]") {
  for (const Quantity remaining : {5_x, 6_x, 0_x, Quantity::FromCentis(-1)}) {
    CHECK(engine.Apply(DecreaseOrder{OrderId(1), remaining}).reject ==
          RejectReason::kQuantityOutOfRange);
  }
  CHECK(engine.Apply(DecreaseOrder{OrderId(99), 1_x}).reject == RejectReason::kUnknownOrder);
}

}  // namespace
}  // namespace evx::matching
