#include <catch2/catch.hpp>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

// Immediate or cancel, fill or kill, post only, reduce only.

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

constexpr BookIndex kBook(0);

struct Fixture {
  Fixture() {
    engine.AddBook(99);
    engine.Apply(AnOrder(1).Ask(50).Of(3_x));
    engine.Apply(AnOrder(2).Ask(52).Of(3_x));
  }
  MatchingEngine engine{{.book_count_max = 10, .order_count_max = 1'000}};
};

TEST_CASE_METHOD(Fixture, "Immediate or cancel: fills what it can and cancels the rest",
                 "[matching]") {
  const Execution execution = engine.Apply(AnOrder(9).Bid(51).Of(5_x).ImmediateOrCancel());
  CHECK(execution.outcome == OrderOutcome::kCanceled);
  CHECK(execution.filled == 3_x);
  CHECK(execution.remaining == 2_x);
  CHECK(execution.slot == kNoSlot);
  CHECK_FALSE(engine.Find(OrderId(9)).has_value());
  CHECK_FALSE(engine.BestTick(kBook, BookSide::kBid).has_value());
}

TEST_CASE_METHOD(Fixture, "Immediate or cancel: an order that meets nothing is canceled whole",
                 "[matching]") {
  const Execution execution = engine.Apply(AnOrder(9).Bid(49).Of(5_x).ImmediateOrCancel());
  CHECK(execution.outcome == OrderOutcome::kCanceled);
  CHECK(execution.remaining == 5_x);
}

TEST_CASE_METHOD(Fixture, "Fill or kill: fills whole when the volume within its tick suffices",
                 "[matching]") {
  const Execution execution = engine.Apply(AnOrder(9).Bid(52).Of(6_x).FillOrKill());
  CHECK(execution.outcome == OrderOutcome::kFilled);
  CHECK(execution.steps.size() == 2);
}

TEST_CASE_METHOD(Fixture, "Fill or kill: is rejected untouched when the volume falls short",
                 "[matching]") {
  for (const CreateOrder& order :
       {CreateOrder(AnOrder(9).Bid(51).Of(4_x).FillOrKill()),
        CreateOrder(AnOrder(9).Bid(52).Of(Quantity::FromCentis(601)).FillOrKill()),
        CreateOrder(AnOrder(9).Bid(49).Of(1_x).FillOrKill())}) {
    CHECK(engine.Apply(order).reject == RejectReason::kFillOrKillInsufficientVolume);
  }
  CHECK(engine.QuantityAt(kBook, BookSide::kAsk, 50) == 3_x);
  CHECK(engine.order_count() == 2);
}

TEST_CASE_METHOD(Fixture,
                 "Fill or kill: fills before a self-cross stand, as the volume counted own orders",
                 "[matching]") {
  engine.Apply(AnOrder(3).Ask(51).Of(3_x).By(7));
  const Execution execution = engine.Apply(AnOrder(9).Bid(51).Of(6_x).By(7).FillOrKill());
  CHECK(execution.outcome == OrderOutcome::kSelfTradeCanceled);
  CHECK(execution.filled == 3_x);
  CHECK(execution.remaining == 3_x);
  CHECK(engine.Find(OrderId(3))->remaining == 3_x);
}

TEST_CASE_METHOD(Fixture,
                 "Fill or kill: with maker prevention what the canceled makers held is missing",
                 "[matching]") {
  engine.Apply(AnOrder(3).Ask(51).Of(3_x).By(7));
  const Execution execution =
      engine.Apply(AnOrder(9).Bid(51).Of(6_x).By(7).CancelingMakers().FillOrKill());
  CHECK(execution.outcome == OrderOutcome::kCanceled);
  CHECK(execution.filled == 3_x);
  CHECK(execution.remaining == 3_x);
  CHECK_FALSE(engine.Find(OrderId(3)).has_value());
}

TEST_CASE_METHOD(Fixture, "Post only: rests when it takes nothing", "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(49).PostOnly()).outcome == OrderOutcome::kResting);
  CHECK(engine.Find(OrderId(9))->post_only);
}

TEST_CASE_METHOD(Fixture, "Post only: is rejected when it would take, from itself too",
                 "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(50).PostOnly()).reject == RejectReason::kPostOnlyWouldCross);
  engine.Apply(AnOrder(10).Bid(49).By(7));
  CHECK(engine.Apply(AnOrder(11).Ask(49).By(7).PostOnly()).reject ==
        RejectReason::kPostOnlyWouldCross);
  CHECK(engine.order_count() == 3);
}

TEST_CASE_METHOD(Fixture, "Reduce only: is capped at what can be reduced", "[matching]") {
  const Execution execution =
      engine.Apply(AnOrder(9).Bid(52).Of(6_x).ImmediateOrCancel().Reducing(2_x));
  CHECK(execution.outcome == OrderOutcome::kFilled);
  CHECK(execution.filled == 2_x);
  CHECK(execution.remaining.is_zero());
}

TEST_CASE_METHOD(Fixture, "Reduce only: is rejected with nothing to reduce", "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(52).ImmediateOrCancel().Reducing(0_x)).reject ==
        RejectReason::kNothingToReduce);
}

TEST_CASE_METHOD(Fixture, "Reduce only: must be immediate or cancel", "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(52).Reducing(1_x)).reject ==
        RejectReason::kReduceOnlyNotImmediate);
  CHECK(engine.Apply(AnOrder(9).Bid(52).FillOrKill().Reducing(1_x)).reject ==
        RejectReason::kReduceOnlyNotImmediate);
}

}  // namespace
}  // namespace evx::matching
