#include <catch2/catch.hpp>

#include "exchange_fixture.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using net::HttpMethod;
using testing::Answer;
using testing::ExchangeFixture;

constexpr std::string_view kOrders = "/trade-api/v2/portfolio/events/orders";

std::string OrderPath(const Answer& created, std::string_view verb = "") {
  return std::string(kOrders) + "/" + created.json["order_id"].get<std::string>() +
         std::string(verb);
}

TEST_CASE("RestOrders: a resting order answers 201 with its remaining count", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto maker = exchange.AddTrader("maker", 100_usd);
  exchange.AddMarket("RAIN");
  const Answer created =
      exchange.Create(maker, "RAIN", "bid", "0.5600", "10", {{"client_order_id", "first"}});
  REQUIRE(created.status == 201);
  CHECK(created.json["fill_count"] == "0.00");
  CHECK(created.json["remaining_count"] == "10.00");
  CHECK(created.json["client_order_id"] == "first");
  CHECK_FALSE(created.json.contains("average_fill_price"));

  const Answer balance = exchange.Get(maker, "/trade-api/v2/portfolio/balance");
  // 10 contracts at $0.56 are set aside; a maker of this series pays no fee.
  CHECK(balance.json["balance"] == 9'440);
  CHECK(exchange.CheckInvariants().ok());
}

TEST_CASE("RestOrders: a crossing order fills at the resting price and pays the venue's fee",
          "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto maker = exchange.AddTrader("maker", 100_usd);
  const auto taker = exchange.AddTrader("taker", 100_usd);
  exchange.AddMarket("RAIN");
  REQUIRE(exchange.Create(maker, "RAIN", "ask", "0.5200", "1").status == 201);
  const Answer taken = exchange.Create(taker, "RAIN", "bid", "0.9900", "1",
                                       {{"time_in_force", "immediate_or_cancel"}});
  REQUIRE(taken.status == 201);
  CHECK(taken.json["fill_count"] == "1.00");
  CHECK(taken.json["remaining_count"] == "0.00");
  CHECK(taken.json["average_fill_price"] == "0.5200");

  const Answer fills = exchange.Get(taker, "/trade-api/v2/portfolio/fills");
  REQUIRE(fills.json["fills"].size() == 1);
  CHECK(fills.json["fills"][0]["fee_cost"] == "0.017500");
  CHECK(fills.json["fills"][0]["is_taker"] == true);
  CHECK(fills.json["fills"][0]["ticker"] == "RAIN");

  const Answer positions = exchange.Get(maker, "/trade-api/v2/portfolio/positions");
  REQUIRE(positions.json["market_positions"].size() == 1);
  CHECK(positions.json["market_positions"][0]["position_fp"] == "-1.00");
  CHECK(exchange.CheckInvariants().ok());
}

TEST_CASE("RestOrders: a client order id is refused the second time, also after its order is gone",
          "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  exchange.AddMarket("RAIN");
  const nlohmann::json id = {{"client_order_id", "once"}};
  const Answer first = exchange.Create(trader, "RAIN", "bid", "0.10", "1", id);
  REQUIRE(first.status == 201);
  CHECK(exchange.Create(trader, "RAIN", "bid", "0.10", "1", id).status == 409);
  REQUIRE(exchange.Send(trader, HttpMethod::kDelete, OrderPath(first)).status == 200);
  const Answer again = exchange.Create(trader, "RAIN", "bid", "0.10", "1", id);
  CHECK(again.status == 409);
  CHECK(again.json["error"]["code"] == "order_already_exists");
}

TEST_CASE("RestOrders: refusals carry the venue's status and code", "[mock-kalshi]") {
  struct Case {
    nlohmann::json change;
    int status;
    std::string code;
  };
  const Case c = GENERATE(
      Case{{{"price", "1.00"}}, 400, "invalid_price"},
      Case{{{"price", "0.565"}}, 400, "invalid_price"},
      Case{{{"count", "0"}}, 400, "invalid_order_size"},
      Case{{{"ticker", "SNOW"}}, 404, "market_not_found"},
      Case{{{"count", "1000000"}}, 400, "insufficient_balance"},
      Case{{{"time_in_force", "fill_or_kill"}}, 409, "fill_or_kill_insufficient_resting_volume"},
      Case{{{"expiration_time", 1000}}, 400, "invalid_order"},
      Case{{{"reduce_only", true}}, 400, "invalid_order"},
      Case{{{"exchange_index", 1}}, 404, "market_not_found"});
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  exchange.AddMarket("RAIN");
  const Answer answer = exchange.Create(trader, "RAIN", "bid", "0.50", "1", c.change);
  CAPTURE(c.change.dump(), answer.text);
  CHECK(answer.status == c.status);
  CHECK(answer.json["error"]["code"] == c.code);
  CHECK(exchange.Get(trader, "/trade-api/v2/portfolio/balance").json["balance"] == 10'000);
}

TEST_CASE("RestOrders: a post-only order that would cross is refused and rests nothing",
          "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto maker = exchange.AddTrader("maker", 100_usd);
  const auto taker = exchange.AddTrader("taker", 100_usd);
  exchange.AddMarket("RAIN");
  REQUIRE(exchange.Create(maker, "RAIN", "ask", "0.50", "1").status == 201);
  const Answer refused = exchange.Create(taker, "RAIN", "bid", "0.50", "1", {{"post_only", true}});
  CHECK(refused.status == 400);
  CHECK(refused.json["error"]["code"] == "invalid_order");
  CHECK(refused.json["error"]["details"] == "post only cross");
  CHECK(
      exchange.Get(taker, "/trade-api/v2/portfolio/orders?status=resting").json["orders"].empty());
}

TEST_CASE("RestOrders: amend and decrease change the resting order and report what is left",
          "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  exchange.AddMarket("RAIN");
  const Answer created = exchange.Create(trader, "RAIN", "bid", "0.40", "10");
  const Answer amended =
      exchange.Send(trader, HttpMethod::kPost, OrderPath(created, "/amend"),
                    {{"ticker", "RAIN"}, {"side", "bid"}, {"price", "0.42"}, {"count", "12"}});
  REQUIRE(amended.status == 200);
  CHECK(amended.json["remaining_count"] == "12.00");
  const Answer decreased = exchange.Send(trader, HttpMethod::kPost, OrderPath(created, "/decrease"),
                                         {{"reduce_to", "5"}});
  REQUIRE(decreased.status == 200);
  CHECK(decreased.json["remaining_count"] == "5.00");
  const Answer order = exchange.Get(
      trader, "/trade-api/v2/portfolio/orders/" + created.json["order_id"].get<std::string>());
  CHECK(order.json["order"]["yes_price_dollars"] == "0.4200");
  CHECK(order.json["order"]["remaining_count_fp"] == "5.00");
}

TEST_CASE("RestOrders: an amend says counts only when one of them changed", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  const auto maker = exchange.AddTrader("maker", 100_usd);
  exchange.AddMarket("RAIN");
  const Answer created = exchange.Create(trader, "RAIN", "bid", "0.40", "10");
  const auto amend = [&](std::string_view price, std::string_view count) {
    const Answer answer =
        exchange.Send(trader, HttpMethod::kPost, OrderPath(created, "/amend"),
                      {{"ticker", "RAIN"}, {"side", "bid"}, {"price", price}, {"count", count}});
    REQUIRE(answer.status == 200);
    return answer.json;
  };
  const nlohmann::json moved = amend("0.42", "10");
  CHECK(moved["remaining_count"].is_null());
  CHECK(moved["fill_count"].is_null());
  CHECK(moved["average_fill_price"].is_null());
  const nlohmann::json reduced = amend("0.42", "8");
  CHECK(reduced["remaining_count"] == "8.00");
  CHECK(reduced["fill_count"] == "0.00");
  REQUIRE(exchange.Create(maker, "RAIN", "ask", "0.45", "3").status == 201);
  const nlohmann::json crossed = amend("0.45", "8");
  CHECK(crossed["remaining_count"] == "5.00");
  CHECK(crossed["fill_count"] == "3.00");
  CHECK(crossed["average_fill_price"] == "0.4500");
}

TEST_CASE("RestOrders: a market ticker that is sent for routing must exist", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  exchange.AddMarket("RAIN");
  const Answer created = exchange.Create(trader, "RAIN", "bid", "0.40", "10");
  const Answer lost =
      exchange.Send(trader, HttpMethod::kDelete, OrderPath(created, "?market_ticker=SNOW"));
  CHECK(lost.status == 404);
  CHECK(lost.json["error"]["code"] == "market_not_found");
  CHECK(exchange
            .Send(trader, HttpMethod::kPost, OrderPath(created, "/decrease"),
                  {{"reduce_by", "1"}, {"market_ticker", "SNOW"}})
            .json["error"]["code"] == "market_not_found");
  CHECK(exchange.Send(trader, HttpMethod::kDelete, OrderPath(created, "?market_ticker=RAIN"))
            .status == 200);
}

TEST_CASE("RestOrders: the page with the oldest order has an empty cursor", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  exchange.AddMarket("RAIN");
  for (int i = 0; i < 4; ++i) exchange.Create(trader, "RAIN", "bid", "0.10", "1");
  const Answer first = exchange.Get(trader, "/trade-api/v2/portfolio/orders?limit=2");
  REQUIRE(first.json["orders"].size() == 2);
  const std::string cursor = first.json["cursor"];
  REQUIRE_FALSE(cursor.empty());
  exchange.Create(trader, "RAIN", "bid", "0.10", "1");
  const Answer second =
      exchange.Get(trader, "/trade-api/v2/portfolio/orders?limit=2&cursor=" + cursor);
  CHECK(second.json["orders"].size() == 2);
  CHECK(second.json["cursor"] == "");
}

TEST_CASE("RestOrders: a batch answers each item in its place", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  exchange.AddMarket("RAIN");
  const auto item = [](std::string_view price) {
    return nlohmann::json{{"ticker", "RAIN"},
                          {"side", "bid"},
                          {"price", price},
                          {"count", "1"},
                          {"time_in_force", "good_till_canceled"},
                          {"self_trade_prevention_type", "taker_at_cross"}};
  };
  const Answer created = exchange.Send(
      trader, HttpMethod::kPost, std::string(kOrders) + "/batched",
      {{"orders", nlohmann::json::array({item("0.10"), item("1.00"), item("0.20")})}});
  REQUIRE(created.status == 201);
  REQUIRE(created.json["orders"].size() == 3);
  CHECK(created.json["orders"][0]["remaining_count"] == "1.00");
  CHECK(created.json["orders"][1]["error"]["code"] == "invalid_price");
  CHECK(created.json["orders"][2]["remaining_count"] == "1.00");

  const Answer canceled = exchange.Send(
      trader, HttpMethod::kDelete, std::string(kOrders) + "/batched",
      {{"orders", nlohmann::json::array({{{"order_id", created.json["orders"][0]["order_id"]}},
                                         {{"order_id", "not-an-order"}}})}});
  REQUIRE(canceled.status == 200);
  CHECK(canceled.json["orders"][0]["reduced_by"] == "1.00");
  CHECK(canceled.json["orders"][1]["error"]["code"] == "not_found");
  CHECK(canceled.json["orders"][1]["reduced_by"] == "0.00");
}

TEST_CASE("RestOrders: another account's order does not exist", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto owner = exchange.AddTrader("owner", 100_usd);
  const auto stranger = exchange.AddTrader("stranger", 100_usd);
  exchange.AddMarket("RAIN");
  const Answer created = exchange.Create(owner, "RAIN", "bid", "0.40", "10");
  CHECK(exchange.Send(stranger, HttpMethod::kDelete, OrderPath(created)).status == 404);
  CHECK(exchange
            .Get(stranger,
                 "/trade-api/v2/portfolio/orders/" + created.json["order_id"].get<std::string>())
            .status == 404);
}

TEST_CASE("RestOrders: wrong signatures, keys and times are told apart", "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd);
  constexpr std::string_view kBalance = "/trade-api/v2/portfolio/balance";
  SECTION("tampered path") {
    net::HttpRequest request = exchange.Signed(trader, HttpMethod::kGet, kBalance);
    request.SetRequestLine(HttpMethod::kGet, "GET", "/trade-api/v2/portfolio/positions");
    const Answer answer = exchange.SendRaw(std::move(request));
    CHECK(answer.status == 401);
    CHECK(answer.json["error"]["details"] == "INCORRECT_API_KEY_SIGNATURE");
  }
  SECTION("unknown key") {
    testing::Trader unknown = trader;
    unknown.key_id = kalshi::NewKeyId();
    const Answer answer = exchange.Get(unknown, kBalance);
    CHECK(answer.status == 401);
    CHECK(answer.json["error"]["details"] == "NOT_FOUND");
  }
  SECTION("replayed outside the window") {
    net::HttpRequest request = exchange.Signed(trader, HttpMethod::kGet, kBalance);
    exchange.AdvanceBy(absl::Minutes(1));
    const Answer answer = exchange.SendRaw(std::move(request));
    CHECK(answer.status == 401);
    CHECK(answer.json["error"]["code"] == "header_timestamp_expired");
  }
  SECTION("no signature") {
    const Answer answer = exchange.SendRaw(net::HttpRequest(HttpMethod::kGet, kBalance));
    CHECK(answer.status == 401);
    CHECK(answer.json["error"]["code"] == "signature_is_missing_from_headers");
  }
  SECTION("revoked key") {
    REQUIRE(exchange.Send(trader, HttpMethod::kDelete, "/trade-api/v2/api_keys/" + trader.key_id)
                .status == 204);
    CHECK(exchange.Get(trader, kBalance).status == 401);
  }
}

TEST_CASE("RestOrders: a caller beyond its budget is answered 429 with the venue's body",
          "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd, venue::UsageTier::kBasic);
  exchange.AddMarket("RAIN");
  int accepted = 0;
  Answer last;
  for (int i = 0; i < 20; ++i) {
    last = exchange.Create(trader, "RAIN", "bid", "0.01", "1");
    accepted += last.status == 201;
  }
  CHECK(accepted == 10);  // 100 tokens at 10 each; the wall clock stands still.
  CHECK(last.status == 429);
  CHECK(last.json["error"] == "too many requests");
}

TEST_CASE("RestOrders: too many signed requests that wait for one thread are answered 429",
          "[mock-kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 100_usd, venue::UsageTier::kUnlimited);
  exchange.AddMarket("RAIN");
  const Answer resting = exchange.Create(trader, "RAIN", "bid", "0.01", "1");
  constexpr std::string_view kBalance = "/trade-api/v2/portfolio/balance";
  const auto in_round = [&](std::uint64_t round, HttpMethod method, std::string_view target) {
    net::HttpRequest request = exchange.Signed(trader, method, target);
    request.set_round(round);
    return exchange.SendRaw(std::move(request)).status;
  };
  for (std::uint32_t i = 0; i < RestRouter::kSignedRoundMax; ++i) {
    REQUIRE(in_round(1, HttpMethod::kGet, kBalance) == 200);
  }
  CHECK(in_round(1, HttpMethod::kGet, kBalance) == 429);
  net::HttpRequest unsigned_read(HttpMethod::kGet, "/trade-api/v2/exchange/status");
  unsigned_read.set_round(1);
  CHECK(exchange.SendRaw(std::move(unsigned_read)).status == 200);
  CHECK(in_round(1, HttpMethod::kDelete, OrderPath(resting)) == 200);
  CHECK(in_round(2, HttpMethod::kGet, kBalance) == 200);
}

}  // namespace
}  // namespace evx::mock_kalshi
