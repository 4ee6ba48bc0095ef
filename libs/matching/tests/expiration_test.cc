#include <catch2/catch.hpp>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

Timestamp At(std::int64_t seconds) { return Timestamp::FromSeconds(seconds); }

struct Fixture {
  Fixture() { engine.AddBook(99); }
  MatchingEngine engine{{.book_count_max = 10, .order_count_max = 1'000}};
};

TEST_CASE_METHOD(Fixture, "Expiration: due orders leave, ordered by expiration and then id",
                 "[matching]") {
  engine.Apply(AnOrder(5).Bid(40).Of(1_x).Until(At(20)));
  engine.Apply(AnOrder(4).Bid(41).Of(2_x).Until(At(20)));
  engine.Apply(AnOrder(3).Ask(60).Of(3_x).Until(At(10)));
  engine.Apply(AnOrder(2).Bid(40).Of(4_x).Until(At(21)));
  engine.Apply(AnOrder(1).Bid(40).Of(5_x));

  const auto expired = engine.ExpireOrders(At(20));

  REQUIRE(expired.size() == 3);
  CHECK(expired[0].order_id == OrderId(3));
  CHECK(expired[0].reduced_by == 3_x);
  CHECK(expired[1].order_id == OrderId(4));
  CHECK(expired[2].order_id == OrderId(5));
  CHECK(engine.order_count() == 2);
  CHECK(engine.ExpireOrders(At(20)).empty());
}

TEST_CASE_METHOD(Fixture, "Expiration: the next one is the earliest of the live orders",
                 "[matching]") {
  CHECK_FALSE(engine.NextExpiration().has_value());
  engine.Apply(AnOrder(1).Bid(40).Until(At(20)));
  engine.Apply(AnOrder(2).Bid(40).Until(At(10)));
  CHECK(engine.NextExpiration() == At(10));
  engine.Apply(CancelOrder{OrderId(2)});
  CHECK(engine.NextExpiration() == At(20));
}

TEST_CASE_METHOD(Fixture, "Expiration: orders that left otherwise do not expire", "[matching]") {
  engine.Apply(AnOrder(1).Bid(40).Until(At(10)));
  engine.Apply(AnOrder(2).Bid(39).Until(At(10)));
  engine.Apply(CancelOrder{OrderId(1)});
  engine.Apply(AnOrder(3).Ask(39));
  engine.Apply(AnOrder(1).Bid(40));
  CHECK(engine.ExpireOrders(At(99)).empty());
  CHECK(engine.Find(OrderId(1)).has_value());
}

TEST_CASE_METHOD(Fixture, "Expiration: amend sets, moves and removes it", "[matching]") {
  engine.Apply(AnOrder(1).Bid(40).Until(At(10)));
  engine.Apply(AmendOrder{OrderId(1), 40, 1_x, At(20)});
  CHECK(engine.ExpireOrders(At(19)).empty());
  engine.Apply(AmendOrder{OrderId(1), 41, 1_x, {}});
  CHECK(engine.ExpireOrders(At(99)).empty());
  engine.Apply(AmendOrder{OrderId(1), 42, 1_x, At(5)});
  CHECK(engine.ExpireOrders(At(5)).size() == 1);
}

TEST_CASE_METHOD(Fixture, "Expiration: is for good till canceled only", "[matching]") {
  CHECK(engine.Apply(AnOrder(1).Bid(40).ImmediateOrCancel().Until(At(10))).reject ==
        RejectReason::kExpirationNotAllowed);
  CHECK(engine.Apply(AnOrder(1).Bid(40).FillOrKill().Until(At(10))).reject ==
        RejectReason::kExpirationNotAllowed);
}

}  // namespace
}  // namespace evx::matching
