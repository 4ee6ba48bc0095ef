#include <catch2/catch.hpp>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

constexpr BookIndex kBook(0);

struct Fixture {
  Fixture() {
    engine.AddBook(99);
    engine.Apply(AnOrder(1).Ask(50).Of(2_x).By(8));
    engine.Apply(AnOrder(2).Ask(50).Of(2_x).By(7));
    engine.Apply(AnOrder(3).Ask(50).Of(2_x).By(8));
  }
  MatchingEngine engine{{.book_count_max = 10, .order_count_max = 1'000}};
};

TEST_CASE_METHOD(Fixture, "Taker at cross: the incoming order ends where it meets its owner",
                 "[matching]") {
  const Execution execution = engine.Apply(AnOrder(9).Bid(55).Of(6_x).By(7));
  CHECK(execution.outcome == OrderOutcome::kSelfTradeCanceled);
  CHECK(execution.filled == 2_x);
  CHECK(execution.remaining == 4_x);
  REQUIRE(execution.steps.size() == 1);
  CHECK(execution.steps[0].maker_order_id == OrderId(1));
  CHECK(engine.Find(OrderId(2))->remaining == 2_x);
  CHECK_FALSE(engine.Find(OrderId(9)).has_value());
}

TEST_CASE_METHOD(Fixture, "Taker at cross: filled before the own order is filled, not canceled",
                 "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(50).Of(2_x).By(7)).outcome == OrderOutcome::kFilled);
}

TEST_CASE_METHOD(Fixture, "Maker: own resting orders are canceled and matching goes on",
                 "[matching]") {
  const Execution execution = engine.Apply(AnOrder(9).Bid(50).Of(4_x).By(7).CancelingMakers());
  CHECK(execution.outcome == OrderOutcome::kFilled);
  CHECK(execution.filled == 4_x);
  REQUIRE(execution.steps.size() == 3);
  CHECK(execution.steps[1].kind == MatchStep::Kind::kMakerCanceled);
  CHECK(execution.steps[1].maker_order_id == OrderId(2));
  CHECK(execution.steps[1].quantity == 2_x);
  CHECK(execution.steps[1].maker_remaining.is_zero());
  CHECK(execution.steps[2].maker_order_id == OrderId(3));
  CHECK(engine.order_count() == 0);
}

TEST_CASE_METHOD(Fixture, "Self-trade prevention: the incoming order's choice governs",
                 "[matching]") {
  engine.Apply(AnOrder(4).Bid(40).Of(1_x).By(6).CancelingMakers());
  const Execution execution = engine.Apply(AnOrder(5).Ask(40).Of(1_x).By(6));
  CHECK(execution.outcome == OrderOutcome::kSelfTradeCanceled);
  CHECK(engine.Find(OrderId(4)).has_value());
}

TEST_CASE_METHOD(Fixture, "Self-trade prevention: orders without an owner trade with each other",
                 "[matching]") {
  engine.Apply(AnOrder(4).Bid(40).Of(1_x));
  CHECK(engine.Apply(AnOrder(5).Ask(40).Of(1_x)).outcome == OrderOutcome::kFilled);
}

}  // namespace
}  // namespace evx::matching
