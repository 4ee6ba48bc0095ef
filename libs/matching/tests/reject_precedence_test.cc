#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

// Every fault that a command can have is combined with every later one: the first is reported.

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

template <class Command>
struct Fault {
  RejectReason reason;
  std::function<void(Command&)> apply;
};

// Book 0 is full of orders (the engine's last one) and has an ask of 1 contract at tick 50.
struct Fixture {
  Fixture() {
    engine.AddBook(99);
    engine.Apply(AnOrder(1).Ask(50).Of(1_x).By(7));
    engine.Apply(AnOrder(2).Bid(40).Of(5_x).By(7));
    engine.Apply(AnOrder(3).Bid(40).Of(5_x).By(7).PostOnly());
  }
  MatchingEngine engine{{.book_count_max = 1, .order_count_max = 3}};
};

template <class Command>
void CheckPairs(MatchingEngine& engine, const Command& good,
                const std::vector<Fault<Command>>& faults) {
  for (std::size_t first = 0; first < faults.size(); ++first) {
    for (std::size_t second = first; second < faults.size(); ++second) {
      Command command = good;
      // The later fault first, so that the earlier one has the last word on shared fields.
      faults[second].apply(command);
      faults[first].apply(command);
      INFO(Name(faults[first].reason) << " with " << Name(faults[second].reason));
      const auto reject = engine.Apply(command).reject;
      REQUIRE(reject.has_value());
      CHECK(*reject == faults[first].reason);
    }
  }
}

TEST_CASE_METHOD(Fixture, "CreateOrder: of several faults the first in order is reported",
                 "[matching]") {
  using F = Fault<CreateOrder>;
  const CreateOrder good = AnOrder(9).Bid(50).Of(1_x);
  CheckPairs<CreateOrder>(
      engine, good,
      {F{RejectReason::kUnknownBook, [](auto& c) { c.book = BookIndex(1); }},
       F{RejectReason::kTickOutOfRange, [](auto& c) { c.tick = 99; }},
       F{RejectReason::kQuantityOutOfRange, [](auto& c) { c.quantity = Quantity(); }},
       F{RejectReason::kDuplicateOrderId, [](auto& c) { c.order_id = OrderId(1); }},
       F{RejectReason::kExpirationNotAllowed,
         [](auto& c) {
           c.time_in_force = TimeInForce::kImmediateOrCancel;
           c.expiration = Timestamp::FromSeconds(1);
         }},
       F{RejectReason::kPostOnlyNotAllowed,
         [](auto& c) {
           c.time_in_force = TimeInForce::kImmediateOrCancel;
           c.post_only = true;
         }},
       F{RejectReason::kReduceOnlyNotImmediate,
         [](auto& c) {
           c.time_in_force = TimeInForce::kFillOrKill;
           c.reduce_only = true;
         }},
       F{RejectReason::kFillOrKillInsufficientVolume, [](auto& c) {
           c.time_in_force = TimeInForce::kFillOrKill;
           if (!c.quantity.is_zero()) c.quantity = 2_x;
         }}});
}

TEST_CASE_METHOD(Fixture, "CreateOrder: each later fault alone is reported", "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(50).ImmediateOrCancel().Reducing(0_x)).reject ==
        RejectReason::kNothingToReduce);
  // The engine is full as well.
  CHECK(engine.Apply(AnOrder(9).Bid(50).PostOnly()).reject == RejectReason::kPostOnlyWouldCross);
  CHECK(engine.Apply(AnOrder(9).Bid(49)).reject == RejectReason::kOrderCountAtMax);
}

TEST_CASE_METHOD(Fixture, "CreateOrder: a full engine takes only orders that cannot rest",
                 "[matching]") {
  CHECK(engine.Apply(AnOrder(9).Bid(50).Of(1_x)).reject == RejectReason::kOrderCountAtMax);
  CHECK(engine.Apply(AnOrder(9).Bid(50).Of(1_x).ImmediateOrCancel()).outcome ==
        OrderOutcome::kFilled);
  CHECK(engine.Apply(AnOrder(9).Bid(49).Of(1_x)).outcome == OrderOutcome::kResting);
}

TEST_CASE_METHOD(Fixture, "AmendOrder: of several faults the first in order is reported",
                 "[matching]") {
  using F = Fault<AmendOrder>;
  CheckPairs<AmendOrder>(
      engine, AmendOrder{OrderId(2), 41, 1_x, {}},
      {F{RejectReason::kTickOutOfRange, [](auto& c) { c.tick = kTickCountMax; }},
       F{RejectReason::kQuantityOutOfRange, [](auto& c) { c.remaining = Quantity(); }},
       F{RejectReason::kUnknownOrder, [](auto& c) { c.order_id = OrderId(99); }},
       F{RejectReason::kPostOnlyWouldCross,
         [](auto& c) {
           c.order_id = c.order_id == OrderId(99) ? c.order_id : OrderId(3);
           if (c.tick < 99) c.tick = 50;
         }},
       F{RejectReason::kSelfCross, [](auto& c) {
           if (c.tick < 99) c.tick = 50;
         }}});
}

TEST_CASE_METHOD(Fixture, "A refused command changes nothing", "[matching]") {
  const std::size_t memory = engine.memory_bytes();
  engine.Apply(AnOrder(9).Bid(50).PostOnly());
  engine.Apply(AnOrder(9).Bid(50).Of(9_x).FillOrKill());
  engine.Apply(AmendOrder{OrderId(2), 50, 1_x, {}});
  engine.Apply(DecreaseOrder{OrderId(2), 5_x});
  CHECK(engine.order_count() == 3);
  CHECK(engine.memory_bytes() == memory);
  CHECK(engine.Find(OrderId(1))->remaining == 1_x);
  CHECK(engine.Find(OrderId(2))->remaining == 5_x);
  CHECK(engine.QueuePosition(OrderId(3)) == 5_x);
}

}  // namespace
}  // namespace evx::matching
