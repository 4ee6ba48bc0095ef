#include <catch2/catch.hpp>
#include <string>

#include "exchange_fixture.h"
#include "faults/fault_injector.h"
#include "operator/operator_door.h"

using namespace evx;
using namespace evx::mock_kalshi;
using namespace evx::mock_kalshi::testing;
using nlohmann::json;

namespace {

constexpr char kFaults[] = "/evx/v1/admin/faults";

// An exchange that may misbehave, its REST door and the operator's routes.
struct FaultyExchange : ExchangeFixture {
  explicit FaultyExchange(Faults faults = Faults::kAllowed)
      : ExchangeFixture("", faults),
        routes(RestRouter::Dependencies{host().context().authenticator,
                                        host().context().rate_limiter, host().context().wall,
                                        Door::kOperator}) {
    OperatorDoor::AddRoutes(routes, host().context(), host().clock());
    admin = AddTrader("operator", Money());
    trader = AddTrader("trader", Money::FromDollars(1'000));
    AddMarket("M");
  }
  Answer Set(const json& body) {
    return SendThrough(routes, Signed(admin, net::HttpMethod::kPut, kFaults, body.dump()));
  }
  Answer Clear(const json& body) {
    return SendThrough(routes, Signed(admin, net::HttpMethod::kPost,
                                      std::string(kFaults) + "/clear", body.dump()));
  }
  Answer See(const std::string& path) {
    return SendThrough(routes, Signed(admin, net::HttpMethod::kGet, kFaults + path));
  }
  Answer CreateOne() { return Create(trader, "M", "bid", "0.4000", "1.00"); }
  std::size_t OrderCount() {
    return Get(trader, "/trade-api/v2/portfolio/orders").json["orders"].size();
  }

  RestRouter routes;
  Trader admin;
  Trader trader;
};

std::string DetailsOf(const Answer& answer) {
  return answer.json["error"].value("details", std::string());
}

}  // namespace

TEST_CASE("Fault verbs: refused with the option's name when faults are off", "[mock_kalshi]") {
  FaultyExchange exchange(Faults::kOff);
  const Answer refused = exchange.Set({{"door", "rest"}, {"latency_ms", 1}});
  CHECK(refused.status == 403);
  CHECK(DetailsOf(refused) ==
        "the exchange was started with --faults=off; --faults=allowed lets an operator set faults");
  CHECK(exchange.See("").json["allowed"] == false);
}

TEST_CASE("Fault verbs: what is wrong is named with its value and limit", "[mock_kalshi]") {
  FaultyExchange exchange;
  CHECK(DetailsOf(exchange.Set({{"latency_ms", 1}})) == "door or account is needed");
  CHECK(DetailsOf(exchange.Set({{"door", "rest"}, {"jitter_ms", 60'000.5}})) ==
        "jitter_ms 60000.5 is outside 0 to 60000");
  CHECK(DetailsOf(exchange.Set({{"door", "telex"}})) ==
        "door \"telex\" is none of rest, grpc, websocket, fix");
  CHECK(exchange.Set({{"account", "nobody"}}).status == 404);
  CHECK(exchange.Set({{"door", "rest"}, {"lag", 1}}).status == 400);
  CHECK(exchange.Clear({{"door", "rest"}}).status == 404);
  CHECK(exchange.See("").json["profiles"].empty());
}

TEST_CASE("Fault verbs: what was set is listed and can be cleared", "[mock_kalshi]") {
  FaultyExchange exchange;
  REQUIRE(exchange.Set({{"door", "rest"}, {"latency_ms", 0.25}}).status == 200);
  REQUIRE(exchange.Set({{"account", "trader"}, {"too_many_requests_rate", 0.125}}).status == 200);
  const json profiles = exchange.See("").json["profiles"];
  REQUIRE(profiles.size() == 2);
  CHECK(profiles[0]["account_id"] == exchange.trader.account.value());
  CHECK(profiles[0]["too_many_requests_rate"] == 0.125);
  CHECK(profiles[1]["door"] == "rest");
  CHECK(profiles[1]["latency_ms"] == 0.25);
  CHECK(exchange.Clear({{"door", "rest"}}).status == 200);
  CHECK(exchange.See("").json["profiles"].size() == 1);
  CHECK(exchange.Clear(json::object()).status == 200);
  CHECK(exchange.See("").json["profiles"].empty());
}

TEST_CASE("REST faults: a refused request leaves no order, a spoiled answer leaves one",
          "[mock_kalshi]") {
  FaultyExchange exchange;
  const auto fail = [&exchange](const char* rate, const json& more = json::object()) {
    json body = {{"account", "trader"}, {rate, 1}, {"to_message", 0}};
    body.update(more);
    REQUIRE(exchange.Set(body).status == 200);
    return exchange.CreateOne();
  };
  CHECK(fail("too_many_requests_rate").status == 429);
  CHECK(exchange.OrderCount() == 0);
  CHECK(fail("unavailable_rate").status == 503);
  CHECK(exchange.OrderCount() == 0);
  const Answer gateway = fail("unavailable_rate", {{"unavailable_status", 502}});
  CHECK(gateway.status == 502);
  CHECK(gateway.json["error"]["code"] == "service_unavailable");
  CHECK(exchange.OrderCount() == 0);
  const Answer spoiled = fail("unavailable_executed_rate", {{"unavailable_status", 500}});
  CHECK(spoiled.status == 500);
  CHECK(spoiled.json["error"]["code"] == "internal_server_error");
  CHECK(exchange.OrderCount() == 1);
  CHECK(fail("disconnect_rate").is_withheld);
  CHECK(exchange.OrderCount() == 1);
  CHECK(fail("disconnect_executed_rate").is_withheld);
  CHECK(exchange.OrderCount() == 2);
}

TEST_CASE("REST faults: a held request is executed as it was sent", "[mock_kalshi]") {
  FaultyExchange exchange;
  REQUIRE(exchange
              .Set({{"account", "trader"},
                    {"latency_ms", 2},
                    {"jitter_ms", 2},
                    {"answer_latency_ms", 1}})
              .status == 200);
  const Answer created = exchange.CreateOne();
  REQUIRE(created.status == 201);
  const std::string id = created.json["order_id"];
  const Answer seen = exchange.Get(exchange.trader, "/trade-api/v2/portfolio/orders/" + id);
  REQUIRE(seen.status == 200);
  CHECK(seen.json["order"]["order_id"] == id);
  CHECK(exchange.Get(exchange.trader, "/trade-api/v2/portfolio/orders?limit=1&ticker=M")
            .json["orders"]
            .size() == 1);
  const json entries = exchange.See("/log").json["entries"];
  REQUIRE(entries.size() == 3);
  CHECK(entries[0]["kind"] == "delay");
  CHECK(entries[0]["delay_ms"] >= 2.0);
  CHECK(entries[2]["message"] == 2);
}

TEST_CASE("REST faults: others do not notice the faults of an account", "[mock_kalshi]") {
  FaultyExchange exchange;
  const Trader other = exchange.AddTrader("other", Money::FromDollars(10));
  REQUIRE(exchange.Set({{"account", "trader"}, {"unavailable_rate", 1}}).status == 200);
  CHECK(exchange.CreateOne().status == 503);
  CHECK(exchange.Create(other, "M", "bid", "0.4000", "1.00").status == 201);
  CHECK(exchange.Get("/trade-api/v2/markets/M").status == 200);
  REQUIRE(exchange.Set({{"door", "rest"}, {"unavailable_rate", 1}}).status == 200);
  CHECK(exchange.Get("/trade-api/v2/markets/M").status == 503);
  CHECK(exchange.Create(other, "M", "bid", "0.4000", "1.00").status == 503);
}

TEST_CASE("REST faults: the same requests meet the same faults", "[mock_kalshi]") {
  const auto log_of_run = [] {
    FaultyExchange exchange;
    REQUIRE(exchange
                .Set({{"account", "trader"},
                      {"seed", 9},
                      {"too_many_requests_rate", 0.2},
                      {"unavailable_rate", 0.2},
                      {"unavailable_executed_rate", 0.2},
                      {"disconnect_executed_rate", 0.1}})
                .status == 200);
    std::string statuses;
    for (int i = 0; i < 60; ++i) statuses += std::to_string(exchange.CreateOne().status) + " ";
    return statuses + exchange.See("/log?page_size=1000").text;
  };
  const std::string first = log_of_run();
  CHECK(first.find("unavailable_executed") != std::string::npos);
  CHECK(log_of_run() == first);
}
