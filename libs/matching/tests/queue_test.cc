#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"

namespace evx::matching {
namespace {

using evx::testing::operator""_x;
using testing::AnOrder;

struct Fixture {
  Fixture() { engine.AddBook(99); }
  std::vector<std::uint64_t> Queue() {
    std::vector<std::uint64_t> ids;
    engine.VisitOrders(BookIndex(0), BookSide::kBid,
                       [&](const RestingOrder& order) { ids.push_back(order.order_id.value()); });
    return ids;
  }
  MatchingEngine engine{{.book_count_max = 10, .order_count_max = 1'000}};
};

TEST_CASE_METHOD(Fixture, "Queue: earlier orders of a tick fill first", "[matching]") {
  for (std::uint64_t id = 1; id <= 20; ++id) engine.Apply(AnOrder(id).Bid(40).Of(1_x));
  for (std::uint64_t id = 1; id <= 20; ++id) {
    const Execution execution = engine.Apply(AnOrder(100 + id).Ask(40).Of(1_x));
    REQUIRE(execution.steps.size() == 1);
    CHECK(execution.steps[0].maker_order_id == OrderId(id));
  }
}

TEST_CASE_METHOD(Fixture, "Queue: a partly filled order stays in front", "[matching]") {
  engine.Apply(AnOrder(1).Bid(40).Of(5_x));
  engine.Apply(AnOrder(2).Bid(40).Of(5_x));
  engine.Apply(AnOrder(3).Ask(40).Of(2_x));
  CHECK(engine.QueuePosition(OrderId(2)) == 3_x);
  CHECK(engine.Apply(AnOrder(4).Ask(40).Of(3_x)).steps[0].maker_order_id == OrderId(1));
}

TEST_CASE_METHOD(Fixture, "Queue: position is the quantity ahead at the same tick", "[matching]") {
  engine.Apply(AnOrder(1).Bid(41).Of(9_x));
  engine.Apply(AnOrder(2).Bid(40).Of(2_x));
  engine.Apply(AnOrder(3).Bid(40).Of(3_x));
  engine.Apply(AnOrder(4).Bid(40).Of(4_x));
  CHECK(engine.QueuePosition(OrderId(2)) == 0_x);
  CHECK(engine.QueuePosition(OrderId(3)) == 2_x);
  CHECK(engine.QueuePosition(OrderId(4)) == 5_x);
  CHECK_FALSE(engine.QueuePosition(OrderId(5)).has_value());
}

TEST_CASE_METHOD(Fixture, "Queue: order stays right when the front, middle or back leaves",
                 "[matching]") {
  for (std::uint64_t id = 1; id <= 5; ++id) engine.Apply(AnOrder(id).Bid(40));
  engine.Apply(CancelOrder{OrderId(3)});
  CHECK(Queue() == std::vector<std::uint64_t>{1, 2, 4, 5});
  engine.Apply(CancelOrder{OrderId(1)});
  CHECK(Queue() == std::vector<std::uint64_t>{2, 4, 5});
  engine.Apply(CancelOrder{OrderId(5)});
  CHECK(Queue() == std::vector<std::uint64_t>{2, 4});
  engine.Apply(AnOrder(6).Bid(40));
  engine.Apply(CancelOrder{OrderId(2)});
  engine.Apply(CancelOrder{OrderId(4)});
  CHECK(Queue() == std::vector<std::uint64_t>{6});
  engine.Apply(AnOrder(7).Bid(40));
  CHECK(Queue() == std::vector<std::uint64_t>{6, 7});
}

}  // namespace
}  // namespace evx::matching
