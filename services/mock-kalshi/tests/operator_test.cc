#include <catch2/catch.hpp>
#include <string>

#include "exchange_fixture.h"
#include "operator_door.h"
#include "operator_routes.h"

using namespace evx;
using namespace evx::mock_kalshi;
using namespace evx::mock_kalshi::testing;
using nlohmann::json;

namespace {

// The operator's routes beside the public ones; the first account is the operator's.
struct OperatorFixture : ExchangeFixture {
  OperatorFixture()
      : routes(RestRouter::Dependencies{host().context().authenticator,
                                        host().context().rate_limiter, host().context().wall,
                                        Door::kOperator}) {
    OperatorDoor::AddRoutes(routes, host().context(), host().clock());
    admin = AddTrader("operator", Money());
    REQUIRE(admin.account == kOperatorAccount);
  }
  Answer Admin(const Trader& caller, net::HttpMethod method, const std::string& path,
               const json& body = nullptr) {
    const std::string text = body.is_null() ? "" : body.dump();
    net::HttpRequest request = Signed(caller, method, "/evx/v1/admin" + path, text);
    return SendThrough(routes, std::move(request));
  }
  Answer Post(const std::string& path, const json& body = nullptr) {
    return Admin(admin, net::HttpMethod::kPost, path, body);
  }
  Answer Put(const std::string& path, const json& body) {
    return Admin(admin, net::HttpMethod::kPut, path, body);
  }
  Answer See(const std::string& path) { return Admin(admin, net::HttpMethod::kGet, path); }

  // A listed, open market of its own event.
  void List(const std::string& ticker) {
    REQUIRE(Put("/series/S", {{"fee_type", "quadratic"}, {"facts", {{"title", "Test"}}}}).status ==
            200);
    REQUIRE(Put("/events/E-" + ticker, {{"series_ticker", "S"}}).status == 200);
    const Answer put = Put("/markets/" + ticker,
                           {{"event_ticker", "E-" + ticker},
                            {"close_time", FormatRfc3339(host().clock().Now() + absl::Hours(1))},
                            {"settlement_timer_seconds", 10},
                            {"facts", {{"yes_sub_title", "Up"}}}});
    INFO(put.text);
    REQUIRE(put.status == 200);
  }
  std::string StatusOf(const std::string& ticker) {
    return Get("/trade-api/v2/markets/" + ticker).json["market"]["status"];
  }

  RestRouter routes;
  Trader admin;
};

// What a refusal says, whatever the form of its body.
std::string DetailsOf(const Answer& answer) {
  const json& error = answer.json.contains("error") ? answer.json["error"] : answer.json;
  return error.contains("details") ? error["details"].get<std::string>() : "";
}

}  // namespace

TEST_CASE("Operator: only the keys of the first account are let in", "[mock_kalshi]") {
  OperatorFixture exchange;
  const Trader other = exchange.AddTrader("other", Money());
  CHECK(exchange.See("/exchange").status == 200);
  CHECK(exchange.Admin(other, net::HttpMethod::kGet, "/exchange").status == 403);
  Trader forger = exchange.admin;
  forger.key = *kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  CHECK(exchange.Admin(forger, net::HttpMethod::kGet, "/exchange").status == 401);
  CHECK(exchange
            .SendThrough(exchange.routes,
                         net::HttpRequest(net::HttpMethod::kGet, "/evx/v1/admin/exchange", ""))
            .status == 401);
  CHECK(exchange.Get(exchange.admin, "/evx/v1/admin/exchange").status == 404);
}

TEST_CASE("Operator: a market's life from listing to settlement", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  CHECK(exchange.StatusOf("M") == "active");
  CHECK(exchange.Post("/markets/M/pause").status == 200);
  CHECK(exchange.StatusOf("M") == "inactive");
  CHECK(exchange.Post("/markets/M/open").status == 200);
  CHECK(exchange.Post("/markets/M/determine", {{"result", "yes"}}).status == 400);
  CHECK(exchange.Post("/markets/M/close").status == 200);
  CHECK(exchange.StatusOf("M") == "closed");
  CHECK(exchange.Post("/markets/M/determine", {{"result", "yes"}, {"expiration_value", "7"}})
            .status == 200);
  CHECK(exchange.StatusOf("M") == "determined");
  CHECK(exchange.Post("/markets/M/dispute").status == 200);
  CHECK(exchange.Post("/markets/M/determine", {{"result", "scalar"}}).status == 400);
  CHECK(
      exchange.Post("/markets/M/determine", {{"result", "scalar"}, {"settlement_value", "0.2500"}})
          .status == 200);
  CHECK(exchange.StatusOf("M") == "amended");
  CHECK(exchange.Post("/markets/M/settle").status == 200);
  const json market = exchange.Get("/trade-api/v2/markets/M").json["market"];
  CHECK(market["status"] == "finalized");
  CHECK(market["settlement_value_dollars"] == "0.2500");
  CHECK(market["yes_sub_title"] == "Up");
  CHECK(exchange.Post("/markets/NONE/open").status == 404);
}

TEST_CASE("Operator: an edit keeps what the body does not name", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Timestamp close = exchange.host().clock().Now() + absl::Hours(5);
  REQUIRE(exchange.Put("/markets/M", {{"close_time", close.seconds()}}).status == 200);
  json market = exchange.Get("/trade-api/v2/markets/M").json["market"];
  CHECK(market["close_time"] == FormatRfc3339(close));
  CHECK(market["settlement_timer_seconds"] == 10);
  CHECK(market["yes_sub_title"] == "Up");
  REQUIRE(exchange.Put("/markets/M", {{"facts", {{"yes_sub_title", "Down"}}}}).status == 200);
  market = exchange.Get("/trade-api/v2/markets/M").json["market"];
  CHECK(market["close_time"] == FormatRfc3339(close));
  CHECK(market["yes_sub_title"] == "Down");
  REQUIRE(exchange.Post("/markets/M/price_grid", {{"price_level_structure", "deci_cent"}}).status ==
          200);
  CHECK(exchange.See("/markets/M").json["price_level_structure"] == "deci_cent");
}

TEST_CASE("Operator: bodies are checked by name", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const auto details = [&](const Answer& answer) {
    CHECK(answer.status == 400);
    return DetailsOf(answer);
  };
  CHECK(details(exchange.Put("/markets/M", {{"close_tme", 1}})) ==
        "body.close_tme is not known here");
  CHECK(details(exchange.Put("/markets/N", json::object())) ==
        "event_ticker is missing: market N is new");
  CHECK(details(exchange.Put("/markets/M", {{"can_close_early", 1}})) ==
        "body.can_close_early must be true or false");
  CHECK(details(exchange.Put("/markets/M", {{"facts", {{"title", 1}}}})) ==
        "facts cannot be used: facts.title must be a string");
  CHECK(details(exchange.Put("/markets/M", json::array())) == "body must be one JSON object");
  CHECK(exchange.Put("/series/lower case", json::object()).status == 400);
}

TEST_CASE("Operator: accounts, keys, funds and tiers", "[mock_kalshi]") {
  OperatorFixture exchange;
  const Answer opened = exchange.Post("/accounts", {{"name", "alice"}, {"tier", "expert"}});
  REQUIRE(opened.status == 200);
  const std::string id = std::to_string(opened.json["account_id"].get<int>());
  const Answer key = exchange.Post("/accounts/" + id + "/keys", {{"name", "first"}});
  REQUIRE(key.status == 200);
  Trader alice;
  alice.account = AccountId(opened.json["account_id"].get<std::uint32_t>());
  alice.key_id = key.json["key_id"];
  alice.key = *kalshi::PrivateKey::FromPem(key.json["private_key"].get<std::string>());
  REQUIRE(exchange.Post("/accounts/alice/deposits", {{"amount_dollars", "100.50"}}).status == 200);
  REQUIRE(exchange.Post("/accounts/alice/withdrawals", {{"amount_dollars", "0.50"}}).status == 200);
  CHECK(exchange.Post("/accounts/alice/withdrawals", {{"amount_dollars", "1000"}}).status == 400);
  CHECK(exchange.Get(alice, "/trade-api/v2/portfolio/balance").json["balance_dollars"] ==
        "100.0000");
  CHECK(exchange.See("/accounts/alice").json["cash_dollars"] == "100.000000");

  exchange.List("M");
  REQUIRE(exchange.Create(alice, "M", "bid", "0.4000", "10.00").status == 201);
  const json orders = exchange.See("/markets/M/orders").json["orders"];
  REQUIRE(orders.size() == 1);
  CHECK(orders[0]["account_id"] == opened.json["account_id"]);
  CHECK(exchange.See("/accounts/alice/orders").json["orders"] == orders);
  CHECK(exchange.See("/accounts/alice").json["resting_value_dollars"] == "4.000000");
  CHECK(exchange.See("/markets/M").json["open_order_count"] == 1);
  CHECK(exchange.Post("/accounts/alice/cancel_all").json["canceled_order_count"] == 1);

  REQUIRE(exchange.Put("/accounts/alice", {{"tier", "prime"}}).status == 200);
  CHECK(exchange.See("/accounts/alice").json["tier"] == "prime");
  REQUIRE(exchange.Put("/accounts/alice", {{"disabled", true}}).status == 200);
  CHECK(exchange.Get(alice, "/trade-api/v2/portfolio/balance").status == 401);
  REQUIRE(exchange.Put("/accounts/alice", {{"disabled", false}}).status == 200);
  REQUIRE(
      exchange
          .Admin(exchange.admin, net::HttpMethod::kDelete, "/accounts/alice/keys/" + alice.key_id)
          .status == 200);
  CHECK(exchange.Get(alice, "/trade-api/v2/portfolio/balance").status == 401);
  CHECK(exchange.Put("/accounts/operator", {{"disabled", true}}).status == 400);
  CHECK(exchange.See("/accounts/nobody").status == 404);
}

TEST_CASE("Operator: a busted trade is taken back", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  REQUIRE(exchange.Create(maker, "M", "ask", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "10.00").status == 201);
  const json trade = exchange.Get("/trade-api/v2/markets/trades").json["trades"][0];
  const std::string path = "/trades/" + trade["trade_id"].get<std::string>() + "/bust";
  REQUIRE(exchange.Post(path).status == 200);
  CHECK(exchange.Get(taker, "/trade-api/v2/portfolio/balance").json["balance_dollars"] ==
        "100.0000");
  CHECK(exchange.Post(path).status == 400);
  CHECK(exchange.Post("/trades/nonsense/bust").status == 404);
  CHECK(exchange.CheckInvariants().ok());
}

TEST_CASE("Operator: pauses, accepting, clock and state", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader trader = exchange.AddTrader("t", Money::FromDollars(100));
  REQUIRE(exchange.Put("/exchange/status", {{"trading_active", false}}).status == 200);
  CHECK(exchange.Create(trader, "M", "bid", "0.4000", "1.00").status == 409);
  CHECK(exchange.Get("/trade-api/v2/exchange/status").json["trading_active"] == false);
  REQUIRE(exchange.Put("/exchange/status", {{"trading_active", true}}).status == 200);

  REQUIRE(exchange.Put("/exchange/accepting", {{"accepting", false}}).status == 200);
  CHECK(exchange.Create(trader, "M", "bid", "0.4000", "1.00").status == 503);
  REQUIRE(exchange.Put("/exchange/accepting", {{"accepting", true}}).status == 200);
  CHECK(exchange.Create(trader, "M", "bid", "0.4000", "1.00").status == 201);

  const Timestamp before = exchange.host().clock().Now();
  const Answer moved = exchange.Put("/clock", {{"advance_seconds", 90.5}});
  REQUIRE(moved.status == 200);
  CHECK(exchange.host().clock().Now() == before + absl::Milliseconds(90'500));
  CHECK(exchange.Put("/clock", {{"advance_seconds", -1}}).status == 400);
  CHECK(exchange.Put("/clock", {{"speed", 2000}}).status == 400);
  REQUIRE(exchange.Put("/clock", {{"advance_to", FormatRfc3339(before + absl::Hours(2))}}).status ==
          200);
  CHECK(exchange.StatusOf("M") == "closed");

  const json state = exchange.See("/state").json;
  CHECK(state["state_hash"].get<std::string>().size() == 16);
  CHECK(state["sequence_number"].get<std::uint64_t>() >= 5);
}

TEST_CASE("Operator: fee changes are scheduled and shown", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Timestamp then = exchange.host().clock().Now() + absl::Minutes(10);
  REQUIRE(exchange
              .Post("/series/S/fee_changes", {{"fee_type", "quadratic_with_maker_fees"},
                                              {"fee_multiplier", 0.5},
                                              {"effective_time", FormatRfc3339(then)}})
              .status == 200);
  const json changes = exchange.Get("/trade-api/v2/series/fee_changes").json;
  REQUIRE(changes["series_fee_change_arr"].size() == 1);
  CHECK(changes["series_fee_change_arr"][0]["fee_multiplier"] == 0.5);
  exchange.AdvanceBy(absl::Minutes(11));
  CHECK(exchange.Get("/trade-api/v2/series/S").json["series"]["fee_type"] ==
        "quadratic_with_maker_fees");
  CHECK(exchange.Get("/trade-api/v2/series/fee_changes").json["series_fee_change_arr"].empty());
  REQUIRE(exchange.Post("/events/E-M/fee_changes", {{"fee_multiplier", 0}}).status == 200);
  CHECK(exchange.Get("/trade-api/v2/events/E-M").json["event"]["fee_multiplier_override"] == 0);
  REQUIRE(exchange.Post("/events/E-M/fee_changes", {{"clear_override", true}}).status == 200);
  CHECK_FALSE(
      exchange.Get("/trade-api/v2/events/E-M").json["event"].contains("fee_multiplier_override"));
}
