#include "quote_keeper.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/status.h"
#include "evx/core/testing/literals.h"

namespace evx::market_maker {
namespace {

using namespace evx::testing;  // NOLINT: literals

// A book of one maker: orders rest until they are canceled or the test fills them.
class FakeDoor final : public OrderDoor {
 public:
  struct Order {
    BookSide side;
    Price price;
    Quantity remaining;
    Quantity filled;
    Timestamp expiration;
    std::string client_order_id;
  };

  absl::StatusOr<kalshi::CreateOrderResponse> CreateOrder(
      const kalshi::CreateOrderRequest& request) override {
    if (refuse) return Unavailable("down");
    if (!client_order_ids.insert(request.client_order_id.value_or("")).second) {
      return absl::AlreadyExistsError("order_already_exists");
    }
    const std::string id = "o" + std::to_string(++last_id);
    orders[id] = {request.side, request.price,           request.count,
                  Quantity(),   request.expiration_time, request.client_order_id.value_or("")};
    CheckBook();
    if (std::exchange(lose_answer, false)) return absl::UnknownError("no answer");
    kalshi::CreateOrderResponse response;
    response.order_id = id;
    response.remaining_count = request.count;
    return response;
  }

  absl::StatusOr<kalshi::AmendOrderResponse> AmendOrder(
      std::string_view order_id, const kalshi::AmendOrderRequest& request) override {
    const auto found = orders.find(std::string(order_id));
    if (found == orders.end()) return NotFound("not_found");
    ++amend_count;
    Order& order = found->second;
    const Quantity before = order.remaining;
    order.price = request.price;
    order.remaining = request.count - order.filled;
    order.expiration = request.expiration_time;
    CheckBook();
    kalshi::AmendOrderResponse response;
    response.order_id = order_id;
    if (order.remaining != before) response.remaining_count = order.remaining;
    return response;
  }

  absl::Status CancelOrder(std::string_view order_id) override {
    if (refuse) return Unavailable("down");
    return orders.erase(std::string(order_id)) > 0 ? absl::OkStatus() : NotFound("not_found");
  }

  absl::StatusOr<std::vector<kalshi::Order>> RestingOrders(std::string_view ticker) override {
    std::vector<kalshi::Order> resting;
    for (const auto& [id, order] : orders) {
      kalshi::Order found;
      found.order_id = id;
      found.client_order_id = order.client_order_id;
      found.ticker = ticker;
      found.book_side = order.side;
      found.yes_price = order.price;
      found.fill_count = order.filled;
      found.remaining_count = order.remaining;
      found.expiration_time = order.expiration;
      resting.push_back(found);
    }
    return resting;
  }

  void CheckBook() const {
    CHECK(orders.size() <= 2);
    std::optional<Price> bid;
    std::optional<Price> ask;
    for (const auto& [id, order] : orders) {
      (order.side == BookSide::kBid ? bid : ask) = order.price;
    }
    if (bid && ask) CHECK(*bid < *ask);
  }

  std::map<std::string, Order> orders;
  std::set<std::string> client_order_ids;
  bool lose_answer = false;  // The next create happens, and nobody hears of it.
  int last_id = 0;
  int amend_count = 0;
  bool refuse = false;
};

Quotes AQuote(Price bid, Price ask) { return {Quote{bid, 10_x}, Quote{ask, 10_x}}; }
Timestamp At(std::int64_t seconds) { return Timestamp::FromSeconds(seconds); }

TEST_CASE("QuoteKeeper: quotes are amended in place, never more than two, never crossed",
          "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  REQUIRE(keeper.Keep(AQuote(41_c, 43_c), At(1)).ok());
  REQUIRE(keeper.Keep(AQuote(44_c, 45_c), At(2)).ok());
  REQUIRE(keeper.Keep(AQuote(39_c, 40_c), At(3)).ok());
  CHECK(door.last_id == 2);
  CHECK(door.amend_count == 6);
  CHECK(door.orders.size() == 2);
}

TEST_CASE("QuoteKeeper: a filled order is replaced", "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  door.orders.erase("o1");
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(1)).ok());
  CHECK(door.orders.size() == 2);
  CHECK(door.last_id == 3);
}

TEST_CASE("QuoteKeeper: a partly filled order is refilled at the amend after the fill was noted",
          "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  door.orders["o1"].filled = 4_x;
  door.orders["o1"].remaining = 6_x;
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(1)).ok());
  CHECK(door.orders["o1"].remaining == 6_x);
  keeper.NoteFill("o1", 3_x);
  keeper.NoteFill("o1", 1_x);
  keeper.NoteFill("of-another-run", 5_x);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(2)).ok());
  CHECK(door.orders["o1"].remaining == 10_x);
}

TEST_CASE("QuoteKeeper: every order expires within its lifetime and is renewed before",
          "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(100)).ok());
  for (const auto& [id, order] : door.orders) CHECK(order.expiration <= At(115));
  REQUIRE(keeper.NextRenewal());
  CHECK(*keeper.NextRenewal() <= At(108));
  // Past its time an order counts as gone.
  door.orders.clear();
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(116)).ok());
  CHECK(door.orders.size() == 2);
}

TEST_CASE("QuoteKeeper: a side that is not wanted is canceled", "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  REQUIRE(keeper.Keep(Quotes{}, At(1)).ok());
  CHECK(door.orders.empty());
  CHECK(keeper.Keep(Quotes{}, At(2)).ok());
}

TEST_CASE("QuoteKeeper: an error of one side does not keep the other from being tried",
          "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  door.refuse = true;
  CHECK_FALSE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  door.refuse = false;
  CHECK(keeper.Keep(AQuote(40_c, 42_c), At(1)).ok());
  CHECK(door.orders.size() == 2);
}

TEST_CASE("QuoteKeeper: a create whose answer was lost does not make a second order",
          "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  door.lose_answer = true;
  CHECK_FALSE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  REQUIRE(door.orders.size() == 2);
  REQUIRE(keeper.Keep(AQuote(41_c, 43_c), At(1)).ok());
  CHECK(door.last_id == 2);
  CHECK(door.orders["o1"].price == 41_c);

  SECTION("not even when its order is gone again: then another one takes its place") {
    FakeDoor other;
    QuoteKeeper second({"M", "", "run", absl::Seconds(15)}, other);
    other.lose_answer = true;
    CHECK_FALSE(second.Keep(AQuote(40_c, 42_c), At(0)).ok());
    other.orders.erase("o1");
    REQUIRE(second.Keep(AQuote(40_c, 42_c), At(1)).ok());
    CHECK(other.orders.size() == 2);
  }
}

TEST_CASE("QuoteKeeper: an unanswered order of a side that is not wanted is canceled",
          "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  door.lose_answer = true;
  CHECK_FALSE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  REQUIRE(keeper.Keep(Quotes{}, At(1)).ok());
  CHECK(door.orders.empty());
}

TEST_CASE("QuoteKeeper: an order that could not be canceled is not forgotten", "[market-maker]") {
  FakeDoor door;
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  door.refuse = true;
  CHECK_FALSE(keeper.Keep(Quotes{}, At(1)).ok());
  door.refuse = false;
  REQUIRE(keeper.Keep(AQuote(41_c, 43_c), At(2)).ok());
  CHECK(door.last_id == 2);
  CHECK(door.orders.size() == 2);
}

TEST_CASE("QuoteKeeper: what an earlier run has left is canceled before the first order",
          "[market-maker]") {
  FakeDoor door;
  door.orders["old"] = {BookSide::kBid, 30_c, 10_x, Quantity(), At(15), "mm-earlier-M-1"};
  QuoteKeeper keeper({"M", "", "run", absl::Seconds(15)}, door);
  REQUIRE(keeper.Keep(AQuote(40_c, 42_c), At(0)).ok());
  CHECK_FALSE(door.orders.contains("old"));
  CHECK(door.orders.size() == 2);
}

}  // namespace
}  // namespace evx::market_maker
