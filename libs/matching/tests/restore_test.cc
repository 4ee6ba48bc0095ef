#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/order_builder.h"
#include "evx/matching/testing/reference_book.h"

// Rebuilding a book from a snapshot, and equal results from equal commands.

namespace evx::matching {
namespace {

using testing::AnOrder;
using testing::OutcomeOf;

constexpr MatchingEngine::Options kOptions = {.book_count_max = 3, .order_count_max = 20'000};

CreateOrder RandomOrder(std::mt19937_64& random, std::uint64_t id) {
  AnOrder order(id);
  order.In(BookIndex(random() % 3))
      .On(static_cast<BookSide>(random() % 2), static_cast<Tick>(40 + random() % 20))
      .Of(Quantity::FromCentis(static_cast<std::int64_t>(1 + random() % 1'000)))
      .By(static_cast<std::uint32_t>(random() % 5));
  if (random() % 8 == 0) order.Until(Timestamp::FromSeconds(static_cast<int>(random() % 50)));
  if (random() % 8 == 0) order.PostOnly();
  if (random() % 8 == 0) order.CancelingMakers();
  return order;
}

std::vector<RestingOrder> OrdersOf(const MatchingEngine& engine) {
  std::vector<RestingOrder> orders;
  for (std::uint32_t book = 0; book < 3; ++book) {
    for (BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      engine.VisitOrders(BookIndex(book), side,
                         [&](const RestingOrder& order) { orders.push_back(order); });
    }
  }
  return orders;
}

void AddBooks(MatchingEngine& engine) {
  for (int i = 0; i < 3; ++i) engine.AddBook(99);
}

TEST_CASE("Restore: a book rebuilt in priority order behaves like the original", "[matching]") {
  std::mt19937_64 random(1);
  MatchingEngine original(kOptions);
  AddBooks(original);
  for (std::uint64_t id = 1; id <= 5'000; ++id) original.Apply(RandomOrder(random, id));

  MatchingEngine rebuilt(kOptions);
  AddBooks(rebuilt);
  for (const RestingOrder& order : OrdersOf(original)) {
    const OrderSlot slot = rebuilt.Restore(order);
    CHECK(rebuilt.Find(order.order_id)->slot == slot);
  }

  REQUIRE(rebuilt.order_count() == original.order_count());
  for (std::uint64_t id = 5'001; id <= 10'000; ++id) {
    const CreateOrder order = RandomOrder(random, id);
    const bool equal = OutcomeOf(original.Apply(order)) == OutcomeOf(rebuilt.Apply(order));
    REQUIRE(equal);
    if (id % 500 == 0) {
      const auto now = Timestamp::FromSeconds(static_cast<std::int64_t>(id - 5'000) / 100);
      REQUIRE(original.ExpireOrders(now).size() == rebuilt.ExpireOrders(now).size());
    }
  }
}

TEST_CASE("MatchingEngine: the same commands give the same results, slots included", "[matching]") {
  MatchingEngine first(kOptions);
  MatchingEngine second(kOptions);
  AddBooks(first);
  AddBooks(second);
  std::mt19937_64 random(2);
  for (std::uint64_t id = 1; id <= 20'000; ++id) {
    const CreateOrder order = RandomOrder(random, id);
    const Execution a = first.Apply(order);
    const Execution b = second.Apply(order);
    REQUIRE(a.slot == b.slot);
    const bool equal = OutcomeOf(a) == OutcomeOf(b);
    REQUIRE(equal);
    const CancelOrder cancel{OrderId(1 + random() % id)};
    REQUIRE(first.Apply(cancel).slot == second.Apply(cancel).slot);
  }
}

}  // namespace
}  // namespace evx::matching
