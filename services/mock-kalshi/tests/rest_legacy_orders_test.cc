#include <catch2/catch.hpp>
#include <string>

#include "exchange_fixture.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using net::HttpMethod;
using nlohmann::json;
using testing::Answer;
using testing::ExchangeFixture;
using testing::Trader;

constexpr std::string_view kOrders = "/trade-api/v2/portfolio/orders";

// An exchange that serves the older family, with a market, a maker and a taker.
struct LegacyFixture {
  ExchangeFixture exchange;
  Trader maker = exchange.AddTrader("maker", 1'000_usd);
  Trader taker = exchange.AddTrader("taker", 1'000_usd);
  RestRouter router;

  LegacyFixture()
      : router(RestRouter::Dependencies{exchange.host().context().authenticator,
                                        exchange.host().context().rate_limiter,
                                        exchange.host().context().wall}) {
    AddLegacyOrderRoutes(router, exchange.host().context(), LegacyOrders::kServe);
    exchange.AddMarket("RAIN");
  }

  Answer Send(const Trader& trader, HttpMethod method, const std::string& path,
              const json& body = nullptr) {
    const std::string text = body.is_null() ? "" : body.dump();
    return exchange.SendThrough(router,
                                exchange.Signed(trader, method, std::string(kOrders) + path, text));
  }

  static json Order(const json& change) {
    json order = {
        {"ticker", "RAIN"}, {"side", "yes"}, {"action", "buy"}, {"count", 10}, {"yes_price", 40}};
    for (const auto& [name, value] : change.items()) {
      if (value.is_null()) {
        order.erase(name);
      } else {
        order[name] = value;
      }
    }
    return order;
  }
  Answer Create(const Trader& trader, const json& change = json::object()) {
    return Send(trader, HttpMethod::kPost, "", Order(change));
  }
};

TEST_CASE("LegacyOrders: gone unless served", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 10_usd);
  const Answer answer = exchange.Send(trader, HttpMethod::kPost, kOrders, json::object());
  CHECK(answer.status == 410);
  CHECK(answer.json["error"]["code"] == "deprecated_v1_order_endpoint");
}

TEST_CASE_METHOD(LegacyFixture, "LegacyOrders: action, side and cents become one book",
                 "[mock_kalshi]") {
  struct Case {
    json change;
    std::string book_side;
    std::string yes_price;
  };
  const Case c =
      GENERATE(Case{{{"yes_price", 40}}, "bid", "0.4000"},
               Case{{{"action", "sell"}, {"yes_price", 80}}, "ask", "0.8000"},
               Case{{{"side", "no"}, {"yes_price", nullptr}, {"no_price", 30}}, "ask", "0.7000"},
               Case{{{"side", "no"}, {"action", "sell"}, {"yes_price", nullptr}, {"no_price", 90}},
                    "bid",
                    "0.1000"},
               Case{{{"yes_price", nullptr}, {"no_price_dollars", "0.75"}}, "bid", "0.2500"});
  const Answer created = Create(maker, c.change);
  CAPTURE(c.change.dump(), created.text);
  REQUIRE(created.status == 201);
  const json& order = created.json["order"];
  CHECK(order["book_side"] == c.book_side);
  CHECK(order["yes_price_dollars"] == c.yes_price);
  CHECK(order["side"] == c.change.value("side", "yes"));
  CHECK(order["action"] == c.change.value("action", "buy"));
  CHECK(order["status"] == "resting");
  CHECK(order["remaining_count_fp"] == "10.00");
}

TEST_CASE_METHOD(LegacyFixture, "LegacyOrders: a cost limit fills whole within it or kills",
                 "[mock_kalshi]") {
  REQUIRE(Create(maker, {{"action", "sell"}, {"yes_price", 70}}).status == 201);
  // Five contracts cost 350 cents, though the limit price would allow 450.
  const Answer bought = Create(taker, {{"count", 5}, {"yes_price", 90}, {"buy_max_cost", 400}});
  REQUIRE(bought.status == 201);
  CHECK(bought.json["order"]["status"] == "executed");
  CHECK(bought.json["order"]["taker_fill_cost_dollars"] == "3.500000");
  const Answer killed = Create(taker, {{"count", 5}, {"yes_price", 90}, {"buy_max_cost", 349}});
  CHECK(killed.status == 409);
  CHECK(killed.json["error"]["code"] == "fill_or_kill_insufficient_resting_volume");
  const Answer nothing = Create(taker, {{"count", 5}, {"yes_price", 90}, {"buy_max_cost", 4}});
  CHECK(nothing.status == 409);
  CHECK(Create(maker, {{"yes_price", 30}}).status == 201);
  const Answer no = Create(taker, {{"side", "no"},
                                   {"yes_price", nullptr},
                                   {"no_price", 90},
                                   {"count", 2},
                                   {"buy_max_cost", 141}});
  CHECK(no.json["order"]["taker_fill_cost_dollars"] == "1.400000");
  const Answer sold =
      Create(taker, {{"action", "sell"}, {"count", 1}, {"yes_price", 1}, {"buy_max_cost", 100}});
  CHECK(sold.status == 400);
}

TEST_CASE_METHOD(LegacyFixture, "LegacyOrders: amend, decrease and cancel answer whole orders",
                 "[mock_kalshi]") {
  const std::string id = Create(maker).json["order"]["order_id"];
  REQUIRE(Create(taker, {{"action", "sell"}, {"count", 4}}).status == 201);
  // Without a count the amend keeps what is filled and what rests.
  const Answer amended = Send(maker, HttpMethod::kPost, "/" + id + "/amend",
                              Order({{"yes_price", 41}, {"count", nullptr}}));
  REQUIRE(amended.status == 200);
  CHECK(amended.json["old_order"]["yes_price_dollars"] == "0.4000");
  CHECK(amended.json["order"]["yes_price_dollars"] == "0.4100");
  CHECK(amended.json["order"]["fill_count_fp"] == "4.00");
  CHECK(amended.json["order"]["remaining_count_fp"] == "6.00");
  const Answer decreased =
      Send(maker, HttpMethod::kPost, "/" + id + "/decrease", {{"reduce_to_fp", "2.50"}});
  CHECK(decreased.json["order"]["remaining_count_fp"] == "2.50");
  const Answer canceled = Send(maker, HttpMethod::kDelete, "/" + id);
  CHECK(canceled.json["reduced_by_fp"] == "2.50");
  CHECK(canceled.json["order"]["status"] == "canceled");
  CHECK(Send(maker, HttpMethod::kDelete, "/" + id).status == 404);
}

TEST_CASE_METHOD(LegacyFixture, "LegacyOrders: a batch answers each item in its place",
                 "[mock_kalshi]") {
  const Answer created =
      Send(maker, HttpMethod::kPost, "/batched",
           {{"orders", json::array({Order({{"client_order_id", "a"}}), Order({{"count", nullptr}}),
                                    Order({{"client_order_id", "a"}})})}});
  REQUIRE(created.status == 201);
  const json& orders = created.json["orders"];
  REQUIRE(orders.size() == 3);
  CHECK(orders[0]["order"]["client_order_id"] == "a");
  CHECK(orders[1]["error"]["code"] == "invalid_order");
  CHECK(orders[2]["client_order_id"] == "a");
  CHECK(orders[2]["error"]["code"] == "order_already_exists");
  const Answer canceled =
      Send(maker, HttpMethod::kDelete, "/batched",
           {{"ids", json::array({orders[0]["order"]["order_id"], "not-an-order"})}});
  REQUIRE(canceled.status == 200);
  CHECK(canceled.json["orders"][0]["reduced_by_fp"] == "10.00");
  CHECK(canceled.json["orders"][0]["order"]["status"] == "canceled");
  CHECK(canceled.json["orders"][1]["error"]["code"] == "not_found");
  CHECK(canceled.json["orders"][1]["reduced_by_fp"] == "0.00");
}

}  // namespace
}  // namespace evx::mock_kalshi
