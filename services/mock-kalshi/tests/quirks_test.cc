#include <catch2/catch.hpp>
#include <string>

#include "exchange_fixture.h"

using namespace evx;
using namespace evx::mock_kalshi;
using namespace evx::mock_kalshi::testing;

namespace {

std::string PositionIn(ExchangeFixture& exchange, const Trader& trader) {
  const Answer answer = exchange.Get(trader, "/trade-api/v2/portfolio/positions");
  const auto& rows = answer.json["market_positions"];
  return rows.empty() ? "" : rows[0]["position_fp"].get<std::string>();
}

bool CanRead(ExchangeFixture& exchange, const Trader& trader, const std::string& order_id) {
  const Answer one = exchange.Get(trader, "/trade-api/v2/portfolio/orders/" + order_id);
  const Answer all = exchange.Get(trader, "/trade-api/v2/portfolio/orders");
  CHECK((one.status == 200) == !all.json["orders"].empty());
  return one.status == 200;
}

}  // namespace

TEST_CASE("Quirks: an order can be read a moment after its acknowledgement", "[mock_kalshi]") {
  ExchangeFixture exchange("", Faults::kOff, QuirksMode::kOn);
  const Trader trader = exchange.AddTrader("trader", Money::FromDollars(100));
  exchange.AddMarket("M");
  const Answer created = exchange.Create(trader, "M", "bid", "0.4000", "1.00");
  REQUIRE(created.status == 201);
  const std::string id = created.json["order_id"];
  CHECK_FALSE(CanRead(exchange, trader, id));
  exchange.AdvanceBy(absl::Milliseconds(99));
  CHECK_FALSE(CanRead(exchange, trader, id));
  exchange.AdvanceBy(absl::Milliseconds(1));
  CHECK(CanRead(exchange, trader, id));
  // A cancel does not wait for that.
  const Answer second = exchange.Create(trader, "M", "bid", "0.3000", "1.00");
  const std::string second_id = second.json["order_id"];
  CHECK(exchange
            .Send(trader, net::HttpMethod::kDelete,
                  "/trade-api/v2/portfolio/events/orders/" + second_id)
            .status == 200);
}

TEST_CASE("Quirks: positions lag behind fills", "[mock_kalshi]") {
  ExchangeFixture exchange("", Faults::kOff, QuirksMode::kOn);
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  exchange.AddMarket("M");
  REQUIRE(exchange.Create(maker, "M", "ask", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "4.00").status == 201);
  CHECK(PositionIn(exchange, taker) == "0.00");
  exchange.AdvanceBy(absl::Milliseconds(300));
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "3.00").status == 201);
  exchange.AdvanceBy(absl::Milliseconds(200));
  CHECK(PositionIn(exchange, taker) == "4.00");
  CHECK(PositionIn(exchange, maker) == "-4.00");
  CHECK(exchange.Get(taker, "/trade-api/v2/portfolio/fills").json["fills"].size() == 2);
  exchange.AdvanceBy(absl::Milliseconds(300));
  CHECK(PositionIn(exchange, taker) == "7.00");
}

TEST_CASE("Quirks: without them reads show everything at once", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  exchange.AddMarket("M");
  const Answer created = exchange.Create(maker, "M", "ask", "0.5000", "10.00");
  CHECK(CanRead(exchange, maker, created.json["order_id"]));
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "4.00").status == 201);
  CHECK(PositionIn(exchange, taker) == "4.00");
}
