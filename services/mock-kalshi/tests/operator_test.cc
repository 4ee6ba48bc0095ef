#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "evx/book/book.h"
#include "exchange_fixture.h"
#include "operator/operator_door.h"
#include "operator/operator_routes.h"

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
  CHECK(exchange.See("/accounts/alice").json["orders"]["resting_value_dollars"] == "4.000000");
  CHECK(exchange.See("/markets/M").json["orders"]["resting_count"] == 1);
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

TEST_CASE("Operator: a busted trade is taken back, fees included", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  REQUIRE(exchange.Put("/series/S", {{"fee_type", "quadratic_with_maker_fees"}}).status == 200);
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  const auto balance = [&exchange](const Trader& trader) {
    return exchange.Get(trader, "/trade-api/v2/portfolio/balance").json["balance_dollars"];
  };
  REQUIRE(exchange.Create(maker, "M", "ask", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "10.00").status == 201);
  CHECK(balance(taker) < "95.0000");
  CHECK(balance(maker) < "95.0000");
  const json trade = exchange.Get("/trade-api/v2/markets/trades").json["trades"][0];
  const std::string path = "/trades/" + trade["trade_id"].get<std::string>() + "/bust";
  REQUIRE(exchange.Post(path).status == 200);
  CHECK(balance(taker) == "100.0000");
  CHECK(balance(maker) == "100.0000");
  CHECK(exchange.See("/markets/M").json["open_interest_fp"] == "0.00");
  const Answer again = exchange.Post(path);
  CHECK(again.status == 400);
  CHECK(DetailsOf(again) == "the trade is busted already");
  CHECK(exchange.Post("/trades/nonsense/bust").status == 404);
  CHECK(exchange.CheckInvariants().ok());
}

TEST_CASE("Operator: a bust that would overdraw or comes after the payout is refused",
          "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  REQUIRE(exchange.Create(maker, "M", "ask", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "10.00").status == 201);
  const json trade = exchange.Get("/trade-api/v2/markets/trades").json["trades"][0];
  const std::string path = "/trades/" + trade["trade_id"].get<std::string>() + "/bust";
  // The taker sells what he bought at 90 cents and withdraws; 50 cents a contract are missing then.
  const Trader buyer = exchange.AddTrader("buyer", Money::FromDollars(100));
  REQUIRE(exchange.Create(buyer, "M", "bid", "0.9000", "10.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "ask", "0.9000", "10.00").status == 201);
  REQUIRE(exchange.Post("/accounts/taker/withdrawals", {{"amount_dollars", "103"}}).status == 200);
  const Answer refused = exchange.Post(path);
  CHECK(refused.status == 400);
  CHECK(DetailsOf(refused) ==
        "trade of 10.00 at 0.5000: giving it back would take account 3 or 2 "
        "below $0");
  CHECK(exchange.CheckInvariants().ok());
  REQUIRE(exchange.Post("/markets/M/close").status == 200);
  REQUIRE(exchange.Post("/markets/M/determine", {{"result", "yes"}}).status == 200);
  REQUIRE(exchange.Post("/markets/M/settle").status == 200);
  CHECK(DetailsOf(exchange.Post(path)) == "market M is finalized; its trades are paid");
}

TEST_CASE("Operator: refusals name the thing, its value and the limit", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  exchange.AddTrader("alice", Money::FromDollars(100));
  const auto refused = [](const Answer& answer, int status, const std::string& details) {
    CHECK(answer.status == status);
    CHECK(DetailsOf(answer) == details);
  };
  refused(exchange.Post("/markets/M/open"), 400,
          "market M is active; it must be initialized or inactive");
  refused(exchange.Post("/markets/M/settle"), 400,
          "market M is active; it must be determined or amended");
  refused(exchange.Post("/markets/M/determine", {{"result", "maybe"}}), 400,
          "body.result \"maybe\" is none of yes, no, scalar, void");
  CHECK(exchange.Post("/markets/M/price_grid", {{"price_level_structure", "x"}}).status == 400);
  refused(exchange.Put("/series/S", {{"fee_multiplier", 11}}), 400,
          "fee_multiplier 11 is outside 0 to 10");
  refused(exchange.Put("/events/E-M", {{"series_ticker", "NONE"}}), 400,
          "series_ticker \"NONE\" is unknown");
  refused(exchange.Put("/events/NEW", json::object()), 400,
          "series_ticker is missing: event NEW is new");
  refused(exchange.Put("/markets/M", {{"settlement_timer_seconds", -1}}), 400,
          "settlement_timer_seconds -1 is outside 0 to 315360000");
  const Timestamp open = Timestamp::FromSeconds(ExchangeFixture::kStartSeconds);
  refused(exchange.Put("/markets/NEW", {{"event_ticker", "E-M"},
                                        {"open_time", open.seconds()},
                                        {"close_time", open.seconds() - 60}}),
          400,
          "close_time " + FormatRfc3339(open + absl::Minutes(-1)) + " is not after open_time " +
              FormatRfc3339(open));
  refused(exchange.Post("/accounts", {{"name", "x"}, {"tier", "gold"}}), 400,
          "body.tier \"gold\" is none of basic, advanced, expert, premier, paragon, prime, "
          "prestige, unlimited");
  refused(exchange.Post("/accounts/alice/withdrawals", {{"amount_dollars", "100.50"}}), 400,
          "amount $100.500000 is above the $100.000000 that account 2 can withdraw");
  refused(exchange.Post("/accounts/alice/deposits", {{"amount_dollars", "0"}}), 400,
          "amount $0.000000 is not a positive multiple of $0.000100 within the largest one");
  refused(exchange.Post("/accounts/alice/cancel_all", {{"subaccount", 64}}), 400,
          "subaccount 64 is outside 0 to 63");
  refused(exchange.Put("/clock", {{"speed", 1001}}), 400, "speed 1001 is outside 0 to 1000");
  refused(exchange.Post("/series/NONE/fee_changes", {{"fee_multiplier", 1}}), 404,
          "no series or event \"NONE\"");
}

TEST_CASE("Operator: a disputed market is determined anew before anybody is paid",
          "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader yes = exchange.AddTrader("yes", Money::FromDollars(100));
  const Trader no = exchange.AddTrader("no", Money::FromDollars(100));
  REQUIRE(exchange.Create(no, "M", "ask", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(yes, "M", "bid", "0.5000", "10.00").status == 201);
  const auto cash = [&](const char* name) -> std::string {
    return exchange.See(std::string("/accounts/") + name).json["cash_dollars"];
  };
  const std::string yes_before = cash("yes");
  REQUIRE(exchange.Post("/markets/M/close").status == 200);
  REQUIRE(exchange.Post("/markets/M/determine", {{"result", "yes"}}).status == 200);
  REQUIRE(exchange.Post("/markets/M/dispute").status == 200);
  exchange.AdvanceBy(absl::Hours(1));  // Far beyond the settlement timer.
  CHECK(exchange.StatusOf("M") == "disputed");
  CHECK(cash("yes") == yes_before);
  REQUIRE(exchange.Post("/markets/M/determine", {{"result", "no"}}).status == 200);
  CHECK(exchange.StatusOf("M") == "amended");
  exchange.AdvanceBy(absl::Seconds(10));  // The timer runs from the new outcome.
  CHECK(exchange.StatusOf("M") == "finalized");
  CHECK(cash("yes") == yes_before);
  CHECK(cash("no") == "105.000000");
  CHECK(exchange.CheckInvariants().ok());
}

TEST_CASE("Operator: a void market is paid at the value given, the last trade, or the middle",
          "[mock_kalshi]") {
  OperatorFixture exchange;
  const Trader yes = exchange.AddTrader("yes", Money::FromDollars(100));
  const Trader no = exchange.AddTrader("no", Money::FromDollars(100));
  const auto paid = [&exchange](const std::string& ticker, const json& body) -> std::string {
    REQUIRE(exchange.Post("/markets/" + ticker + "/close").status == 200);
    REQUIRE(exchange.Post("/markets/" + ticker + "/determine", body).status == 200);
    REQUIRE(exchange.Post("/markets/" + ticker + "/settle").status == 200);
    const json market = exchange.Get("/trade-api/v2/markets/" + ticker).json["market"];
    CHECK(market["result"] == "scalar");
    CHECK(market["expiration_value"] == "void");
    return market["settlement_value_dollars"];
  };
  exchange.List("TRADED");
  REQUIRE(exchange.Create(no, "TRADED", "ask", "0.3000", "10.00").status == 201);
  REQUIRE(exchange.Create(yes, "TRADED", "bid", "0.3000", "10.00").status == 201);
  CHECK(paid("TRADED", {{"result", "void"}}) == "0.3000");
  CHECK(exchange.See("/accounts/no").json["cash_dollars"] == "100.000000");
  exchange.List("GIVEN");
  CHECK(paid("GIVEN", {{"result", "void"}, {"settlement_value", "0.6000"}}) == "0.6000");
  exchange.List("QUIET");
  CHECK(paid("QUIET", {{"result", "void"}}) == "0.5000");
  CHECK(exchange.CheckInvariants().ok());
}

TEST_CASE("Operator: the close time moves both ways", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Timestamp now = exchange.host().clock().Now();
  const auto move = [&](Timestamp time) {
    return exchange.Post("/markets/M/close_time", {{"close_time", FormatRfc3339(time)}});
  };
  REQUIRE(move(now + absl::Minutes(90)).status == 200);
  exchange.AdvanceBy(absl::Minutes(61));
  CHECK(exchange.StatusOf("M") == "active");
  REQUIRE(move(now + absl::Minutes(62)).status == 200);
  exchange.AdvanceBy(absl::Minutes(1));
  CHECK(exchange.StatusOf("M") == "closed");
  // A market without an outcome opens again.
  REQUIRE(move(now + absl::Hours(2)).status == 200);
  CHECK(exchange.StatusOf("M") == "active");
  REQUIRE(exchange.Put("/markets/M", {{"can_close_early", false}}).status == 200);
  const Answer refused = move(now + absl::Minutes(100));
  CHECK(refused.status == 400);
  CHECK(DetailsOf(refused) == "close_time " + FormatRfc3339(now + absl::Minutes(100)) +
                                  " is before " + FormatRfc3339(now + absl::Hours(2)) +
                                  " and market M has can_close_early false");
  CHECK(exchange.Post("/markets/M/close").status == 400);
}

TEST_CASE("Operator: a market has the hash of its book", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(100));
  const auto hash_of = [](const book::Book& book) {
    return absl::StrFormat("%016x", book::HashBook("M", book));
  };
  book::Book book;
  CHECK(exchange.See("/markets/M").json["book_hash"] == hash_of(book));
  REQUIRE(exchange.Create(maker, "M", "bid", "0.4000", "10.00").status == 201);
  REQUIRE(exchange.Create(maker, "M", "bid", "0.4100", "1.50").status == 201);
  REQUIRE(exchange.Create(maker, "M", "ask", "0.6000", "2.00").status == 201);
  REQUIRE(book.Reset(std::vector<book::Level>{{Price::FromCents(40), Quantity::FromCentis(1'000)},
                                              {Price::FromCents(41), Quantity::FromCentis(150)}},
                     std::vector<book::Level>{{Price::FromCents(60), Quantity::FromCentis(200)}})
              .ok());
  CHECK(exchange.See("/markets/M").json["book_hash"] == hash_of(book));
}

TEST_CASE("Operator: orders are tracked by user and by market", "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  exchange.List("N");
  const Trader maker = exchange.AddTrader("market maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  REQUIRE(exchange.Create(maker, "M", "ask", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(maker, "N", "ask", "0.6000", "1.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "4.00").status == 201);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5000", "999.00").status == 400);
  REQUIRE(exchange.Create(taker, "M", "bid", "0.5050", "1.00").status == 400);
  const json user = exchange.See("/accounts/market%20maker").json["orders"];
  CHECK(user["accepted_count"] == 2);
  CHECK(user["resting_count"] == 2);
  CHECK(user["ordered_count_fp"] == "11.00");
  CHECK(user["filled_count_fp"] == "4.00");
  CHECK(user["fill_ratio"] == 0.363636);
  CHECK(user["resting_count_fp"] == "7.00");
  const json market = exchange.See("/markets/M").json["orders"];
  CHECK(market["accepted_count"] == 2);
  CHECK(market["executed_count"] == 1);
  CHECK(market["rejected_counts"] == json{{"InsufficientBalance", 1}, {"InvalidPrice", 1}});
  CHECK(market["create_latency"]["count"] == 2);
  CHECK(market["create_latency"]["p99_us"].get<double>() > 0);
  // Both lists, a page at a time.
  const json page = exchange.See("/accounts/market%20maker/orders?page_size=1").json;
  REQUIRE(page["orders"].size() == 1);
  CHECK(page["orders"][0]["ticker"] == "N");
  const json rest = exchange
                        .See("/accounts/market%20maker/orders?page_token=" +
                             page["next_page_token"].get<std::string>())
                        .json;
  REQUIRE(rest["orders"].size() == 1);
  CHECK(rest["orders"][0]["ticker"] == "M");
  CHECK(rest["next_page_token"] == "");
  CHECK(exchange.See("/markets/M/orders").json["orders"] == rest["orders"]);
  CHECK(exchange.See("/markets/M/orders?page_size=x").status == 400);
  CHECK(exchange.See("/markets/NONE/orders").status == 404);
  REQUIRE(exchange.Post("/accounts/market%20maker/cancel_all", {{"market_ticker", "M"}}).status ==
          200);
  CHECK(exchange.See("/markets/M").json["orders"]["canceled_counts"] == json{{"Operator", 1}});
}

TEST_CASE("Operator: fills of all users are listed by trade, the taker's first", "[mock_kalshi]") {
  OperatorFixture exchange;
  const Trader maker = exchange.AddTrader("market maker", Money::FromDollars(100));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(100));
  for (const char* market : {"M", "N"}) {
    exchange.List(market);
    REQUIRE(exchange.Create(maker, market, "ask", "0.5000", "10.00").status == 201);
    REQUIRE(exchange.Create(taker, market, "bid", "0.5000", "4.00").status == 201);
  }
  const json all = exchange.See("/fills").json["fills"];
  REQUIRE(all.size() == 4);
  CHECK((all[0]["ticker"] == "N" && all[0]["account_name"] == "taker" && all[0]["is_taker"]));
  CHECK((all[3]["ticker"] == "M" && all[3]["count_fp"] == "4.00" && !all[3]["is_taker"]));
  std::string token;
  for (std::size_t seen = 0; seen < all.size(); ++seen) {
    const json page = exchange.See("/fills?page_size=1&page_token=" + token).json;
    CHECK(page["fills"] == json::array({all[seen]}));
    token = page["next_page_token"];
  }
  CHECK(exchange.See("/fills?ticker=M&account=market%20maker").json["fills"] ==
        json::array({all[3]}));
  CHECK(exchange.See("/fills?max_ts=x").status == 400);
}

TEST_CASE("Operator: the statistics of orders go on behind the last snapshot after a restart",
          "[mock_kalshi]") {
  LatencyHistogram latency;
  CHECK(latency.PercentileNanos(99) == 0);
  for (std::int64_t micros = 1; micros <= 1'000; ++micros) latency.Add(micros * 1'000);
  CHECK(latency.count() == 1'000);
  CHECK(latency.max_nanos() == 1'000'000);
  for (const int percent : {1, 50, 90, 99}) {
    const std::int64_t exact = percent * 10'000;
    CHECK(latency.PercentileNanos(percent) >= exact);
    CHECK(latency.PercentileNanos(percent) <= exact * 5 / 4);
  }
  CHECK(latency.PercentileNanos(100) == 1'000'000);

  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  exchange.AddMarket("M");
  const Trader trader = exchange.AddTrader("trader", Money::FromDollars(100));
  const Trader other = exchange.AddTrader("other", Money::FromDollars(100));
  REQUIRE(exchange.Create(trader, "M", "bid", "0.5000", "10.00").status == 201);
  REQUIRE(exchange.Create(other, "M", "ask", "0.5000", "4.00").status == 201);
  exchange.Restart();
  exchange.host().read_model().Read([&](const ReadModel::State& state) {
    const OrderStatistics& statistics = *state.FindAccount(trader.account)->order_statistics;
    CHECK(statistics.accepted_count == 1);
    CHECK(statistics.resting_count() == 1);
    CHECK(statistics.ordered == Quantity::FromContracts(10));
    CHECK(statistics.filled == Quantity::FromContracts(4));
    // There is no snapshot, so the whole journal counts.
    CHECK(state.FindAccount(other.account)->order_statistics->executed_count == 1);
  });
}

TEST_CASE("Operator: a tier fills and limits the buckets from the next request on",
          "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader alice =
      exchange.AddTrader("alice", Money::FromDollars(100), venue::UsageTier::kBasic);
  const auto create = [&] { return exchange.Create(alice, "M", "bid", "0.0100", "1.00").status; };
  // The wall clock stands still, so nothing is refilled.
  const auto burst = [](venue::UsageTier tier) {
    return BudgetOf(tier, RateBucket::kWrite).capacity / kDefaultCost;
  };
  for (std::int64_t i = 0; i < burst(venue::UsageTier::kBasic); ++i) REQUIRE(create() == 201);
  CHECK(create() == 429);
  REQUIRE(exchange.Put("/accounts/alice", {{"tier", "advanced"}}).status == 200);
  for (std::int64_t i = 0; i < burst(venue::UsageTier::kAdvanced); ++i) REQUIRE(create() == 201);
  CHECK(create() == 429);
  REQUIRE(exchange.Put("/accounts/alice", {{"tier", "unlimited"}}).status == 200);
  CHECK(create() == 201);
}

TEST_CASE("Operator: a disabled account and a revoked key are out with the next request",
          "[mock_kalshi]") {
  OperatorFixture exchange;
  exchange.List("M");
  const Trader alice = exchange.AddTrader("alice", Money::FromDollars(100));
  REQUIRE(exchange.Create(alice, "M", "bid", "0.4000", "1.00").status == 201);
  REQUIRE(exchange.Put("/accounts/alice", {{"disabled", true}}).status == 200);
  CHECK(exchange.Create(alice, "M", "bid", "0.4000", "1.00").status == 401);
  CHECK(exchange.Get(alice, "/trade-api/v2/portfolio/orders").status == 401);
  // Commands that were on their way are refused by the exchange itself.
  venue::CreateOrder late;
  late.account = alice.account;
  late.market = MarketId(1);
  late.price_micros = 400'000;
  late.quantity = Quantity::FromContracts(1);
  CHECK(exchange.Execute(late).result.reject == venue::RejectReason::kAccountDisabled);
  // Its orders rest until they are taken away.
  CHECK(exchange.See("/accounts/alice/orders").json["orders"].size() == 1);
  CHECK(exchange.Post("/accounts/alice/cancel_all").json["canceled_order_count"] == 1);
  REQUIRE(exchange.Put("/accounts/alice", {{"disabled", false}}).status == 200);
  CHECK(exchange.Create(alice, "M", "bid", "0.4000", "1.00").status == 201);

  // The operator's second key, revoked by the first.
  const Answer made = exchange.Post("/accounts/operator/keys", json::object());
  REQUIRE(made.status == 200);
  Trader second{kOperatorAccount, made.json["key_id"],
                *kalshi::PrivateKey::FromPem(made.json["private_key"].get<std::string>())};
  CHECK(exchange.Admin(second, net::HttpMethod::kGet, "/exchange").status == 200);
  REQUIRE(exchange
              .Admin(exchange.admin, net::HttpMethod::kDelete,
                     "/accounts/operator/keys/" + second.key_id)
              .status == 200);
  CHECK(exchange.Admin(second, net::HttpMethod::kGet, "/exchange").status == 401);
  CHECK(exchange
            .Admin(exchange.admin, net::HttpMethod::kDelete,
                   "/accounts/operator/keys/" + exchange.admin.key_id)
            .status == 400);
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
  // The clock is the operator's: it moves while nothing is accepted, and timers run.
  REQUIRE(exchange.Put("/clock", {{"advance_seconds", 1}}).status == 200);
  REQUIRE(exchange.Put("/markets/M", {{"close_time", 4'000'000'000}}).status == 200);
  REQUIRE(exchange.Put("/exchange/accepting", {{"accepting", true}}).status == 200);
  CHECK(exchange.Create(trader, "M", "bid", "0.4000", "1.00").status == 201);

  const Timestamp before = exchange.host().clock().Now();
  const Answer moved = exchange.Put("/clock", {{"advance_seconds", 90.5}});
  REQUIRE(moved.status == 200);
  CHECK(exchange.host().clock().Now() == before + absl::Milliseconds(90'500));
  CHECK(exchange.Put("/clock", {{"advance_seconds", -1}}).status == 400);
  CHECK(exchange.Put("/clock", {{"speed", 2000}}).status == 400);
  REQUIRE(
      exchange.Put("/markets/M", {{"close_time", (before + absl::Hours(1)).seconds()}}).status ==
      200);
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
