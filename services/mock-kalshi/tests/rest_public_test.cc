#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "embedded_docs.h"
#include "exchange_fixture.h"
#include "rest/unsupported_operations.h"

using namespace evx;
using namespace evx::mock_kalshi;
using namespace evx::mock_kalshi::testing;
using nlohmann::json;

namespace {

// "/a/{x}" and "/a/{ticker}" are the same path.
std::string Anonymous(std::string path) {
  for (std::size_t begin = path.find('{'); begin != std::string::npos;
       begin = path.find('{', begin + 2)) {
    path.replace(begin, path.find('}', begin) - begin + 1, "{}");
  }
  return path;
}

std::set<std::string> DocumentedOperations() {
  const json spec = json::parse(kOpenapiJson.begin(), kOpenapiJson.end());
  std::set<std::string> operations;
  for (const auto& [path, item] : spec.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      operations.insert(upper + " " + Anonymous("/trade-api/v2" + path));
    }
  }
  return operations;
}

}  // namespace

TEST_CASE("Documents: the OpenAPI page lists exactly the routes that are served", "[mock_kalshi]") {
  const ExchangeFixture exchange;
  std::set<std::string> unsupported;
  for (const UnsupportedOperation& operation : UnsupportedOperations()) {
    unsupported.insert(std::string(net::ToString(operation.method)) + " " +
                       Anonymous("/trade-api/v2" + std::string(operation.path)));
  }
  std::set<std::string> served;
  for (const Route& route : exchange.router().routes()) {
    if (!route.pattern.starts_with("/trade-api/v2/")) continue;
    const std::string name =
        std::string(net::ToString(route.method)) + " " + Anonymous(std::string(route.pattern));
    if (!unsupported.contains(name)) served.insert(name);
  }
  CHECK(served == DocumentedOperations());
}

TEST_CASE("Unsupported: the list is complete and answers 501", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const Answer list = exchange.Get("/evx/v1/unsupported");
  REQUIRE(list.json["unsupported"].size() == UnsupportedOperations().size());
  std::set<std::string> areas;
  for (const json& operation : list.json["unsupported"]) {
    areas.insert(operation["area"].get<std::string>());
    if (operation["method"] != "GET") continue;
    const Answer answer = exchange.Get(operation["path"].get<std::string>());
    CHECK(answer.status == 501);
    CHECK(answer.json["error"]["code"] == "not_implemented");
  }
  REQUIRE(areas == std::set<std::string>{"block_trades", "communications", "fcm",
                                         "forecast_percentiles", "live_data",
                                         "multivariate_collections", "perpetuals"});
}

TEST_CASE("Markets: pages are stable while markets are listed", "[mock_kalshi]") {
  ExchangeFixture exchange;
  for (int i = 0; i < 7; ++i) exchange.AddMarket("M-" + std::to_string(i));
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const Answer page = exchange.Get("/trade-api/v2/markets?limit=3&cursor=" + cursor);
    REQUIRE(page.status == 200);
    for (const json& market : page.json["markets"]) seen.push_back(market["ticker"]);
    cursor = page.json["cursor"];
    if (seen.size() == 3) exchange.AddMarket("LATE");
  } while (!cursor.empty());
  REQUIRE(seen == std::vector<std::string>{"M-6", "M-5", "M-4", "M-3", "M-2", "M-1", "M-0"});
}

TEST_CASE("Markets: filters select by status, family and time", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const MarketId open = exchange.AddMarket("OPEN");
  const MarketId paused = exchange.AddMarket("PAUSED");
  exchange.Execute(venue::DeactivateMarket{paused});
  const auto tickers = [&](const std::string& query) {
    std::set<std::string> result;
    const Answer answer = exchange.Get("/trade-api/v2/markets?" + query);
    INFO(answer.text);
    REQUIRE(answer.status == 200);
    for (const json& market : answer.json["markets"]) result.insert(market["ticker"]);
    return result;
  };
  using Set = std::set<std::string>;
  CHECK(tickers("status=open") == Set{"OPEN"});
  CHECK(tickers("status=paused") == Set{"PAUSED"});
  CHECK(tickers("status=settled").empty());
  CHECK(tickers("tickers=OPEN,PAUSED,NONE") == Set{"OPEN", "PAUSED"});
  CHECK(tickers("event_ticker=EOPEN") == Set{"OPEN"});
  CHECK(tickers("series_ticker=SPAUSED") == Set{"PAUSED"});
  CHECK(tickers("mve_filter=only").empty());
  CHECK(tickers("min_close_ts=1").size() == 2);
  CHECK(tickers("max_close_ts=1").empty());
  CHECK(exchange.Get("/trade-api/v2/markets?status=open&min_close_ts=1").status == 400);
  CHECK(exchange.Get("/trade-api/v2/markets?limit=1001").json.contains("msg"));

  exchange.Execute(venue::SetMarketCloseTime{open, exchange.host().clock().Now()});
  CHECK(tickers("status=closed") == Set{"OPEN"});
}

TEST_CASE("Markets: one that was never open has no quotes, not even an ask of $1",
          "[mock_kalshi]") {
  ExchangeFixture exchange;
  const MarketId market = exchange.AddMarket("NEXT");
  venue::PutMarket later;
  later.ticker = venue::Ticker("LATER");
  later.event = exchange.host().context().read_model.Read(
      [market](const ReadModel::State& state) { return state.At(market).event; });
  later.price_level_structure = decltype(later.price_level_structure)("linear_cent");
  later.open_time = exchange.host().clock().Now() + absl::Hours(1);
  later.close_time = exchange.host().clock().Now() + absl::Hours(2);
  REQUIRE(!exchange.Execute(later).result.reject);
  const json unopened = exchange.Get("/trade-api/v2/markets/LATER").json["market"];
  CHECK(unopened["status"] == "initialized");
  CHECK(unopened["yes_ask_dollars"] == "0.0000");
  CHECK(unopened["no_bid_dollars"] == "1.0000");
  CHECK(unopened["no_ask_dollars"] == "1.0000");
  const json open = exchange.Get("/trade-api/v2/markets/NEXT").json["market"];
  CHECK(open["yes_ask_dollars"] == "1.0000");
  CHECK(open["no_bid_dollars"] == "0.0000");
}

TEST_CASE("Lists: the last page has an empty cursor", "[mock_kalshi]") {
  ExchangeFixture exchange;
  for (int i = 0; i < 2; ++i) exchange.AddMarket("M-" + std::to_string(i));
  CHECK(exchange.Get("/trade-api/v2/markets?limit=2").json["cursor"] == "");
  CHECK(exchange.Get("/trade-api/v2/markets?limit=1").json["cursor"] != "");
  CHECK(exchange.Get("/trade-api/v2/events?limit=2").json["cursor"] == "");
  CHECK(exchange.Get("/trade-api/v2/events?limit=1").json["cursor"] != "");
}

TEST_CASE("OrderBook: bids of both sides, ascending, the best last", "[mock_kalshi]") {
  ExchangeFixture exchange;
  exchange.AddMarket("BOOK");
  const Trader trader = exchange.AddTrader("t", Money::FromDollars(1'000));
  const std::string path = "/trade-api/v2/markets/BOOK/orderbook";
  CHECK(exchange.Get(path).text == R"({"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}})");
  REQUIRE(exchange.Create(trader, "BOOK", "bid", "0.4000", "10.00").status == 201);
  REQUIRE(exchange.Create(trader, "BOOK", "bid", "0.4100", "5.00").status == 201);
  REQUIRE(exchange.Create(trader, "BOOK", "ask", "0.6000", "7.00").status == 201);
  REQUIRE(exchange.Create(trader, "BOOK", "ask", "0.5900", "1.50").status == 201);
  const json whole = json::parse(R"({"yes_dollars":[["0.4000","10.00"],["0.4100","5.00"]],
                                      "no_dollars":[["0.4000","7.00"],["0.4100","1.50"]]})");
  CHECK(exchange.Get(path).json["orderbook_fp"] == whole);
  CHECK(exchange.Get(trader, path).json["orderbook_fp"] == whole);
  const json best =
      json::parse(R"({"yes_dollars":[["0.4100","5.00"]],"no_dollars":[["0.4100","1.50"]]})");
  CHECK(exchange.Get(path + "?depth=1").json["orderbook_fp"] == best);
  CHECK(exchange.Get(path + "?depth=101").status == 400);
  CHECK(exchange.Get("/trade-api/v2/markets/NONE/orderbook").status == 404);

  const json market = exchange.Get("/trade-api/v2/markets/BOOK").json["market"];
  CHECK(market["yes_bid_dollars"] == "0.4100");
  CHECK(market["no_bid_dollars"] == "0.4100");
  CHECK(market["yes_ask_size_fp"] == "1.50");
  CHECK(market["status"] == "active");
  const json books =
      exchange.Get("/trade-api/v2/markets/orderbooks?tickers=BOOK&tickers=NONE").json["orderbooks"];
  REQUIRE(books.size() == 1);
  CHECK(books[0]["orderbook_fp"] == whole);
}

TEST_CASE("Trades: newest first, by market and time, in pages", "[mock_kalshi]") {
  ExchangeFixture exchange;
  exchange.AddMarket("A");
  exchange.AddMarket("B");
  const Trader maker = exchange.AddTrader("maker", Money::FromDollars(1'000));
  const Trader taker = exchange.AddTrader("taker", Money::FromDollars(1'000));
  for (const char* ticker : {"A", "B", "A"}) {
    REQUIRE(exchange.Create(maker, ticker, "ask", "0.5000", "1.00").status == 201);
    REQUIRE(exchange.Create(taker, ticker, "bid", "0.5000", "1.00").status == 201);
    exchange.AdvanceBy(absl::Seconds(10));
  }
  const json all = exchange.Get("/trade-api/v2/markets/trades").json["trades"];
  REQUIRE(all.size() == 3);
  CHECK(all[0]["created_time"] > all[2]["created_time"]);
  CHECK(all[0]["taker_outcome_side"] == "yes");
  CHECK(exchange.Get("/trade-api/v2/markets/trades?ticker=B").json["trades"].size() == 1);
  CHECK(exchange.Get("/trade-api/v2/markets/trades?ticker=NONE").json["trades"].empty());
  CHECK(exchange.Get("/trade-api/v2/markets/trades?is_block_trade=true").json["trades"].empty());
  CHECK(exchange.Get("/trade-api/v2/historical/trades").json["trades"].empty());
  const Answer page = exchange.Get("/trade-api/v2/markets/trades?limit=2");
  const std::string cursor = page.json["cursor"];
  REQUIRE_FALSE(cursor.empty());
  const Answer next = exchange.Get("/trade-api/v2/markets/trades?limit=2&cursor=" + cursor);
  REQUIRE(next.json["trades"].size() == 1);
  CHECK(next.json["trades"][0] == all[2]);

  // 100 days later the same trades are history.
  exchange.AdvanceBy(absl::Hours(24 * 100));
  CHECK(exchange.Get("/trade-api/v2/markets/trades").json["trades"].empty());
  CHECK(exchange.Get("/trade-api/v2/historical/trades").json["trades"].size() == 3);
}

TEST_CASE("Historical: a market leaves the live lists with the cutoff", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const MarketId market = exchange.AddMarket("OLD");
  exchange.AdvanceBy(absl::Hours(2));
  exchange.Execute(
      venue::DetermineMarket{market, venue::MarketResult::kNo, Price(), InlineString<128>("1")});
  const Answer settled = exchange.Get("/trade-api/v2/markets/OLD");
  CHECK(settled.json["market"]["status"] == "finalized");
  CHECK(settled.json["market"]["result"] == "no");
  CHECK(exchange.Get("/trade-api/v2/historical/markets/OLD").status == 404);
  const std::string candles = "candlesticks?period_interval=60&start_ts=0&end_ts=3600";
  const std::string live = "/trade-api/v2/series/SOLD/markets/OLD/" + candles;
  const std::string batch = "/trade-api/v2/markets/" + candles + "&market_tickers=OLD";
  CHECK(exchange.Get(live).status == 200);
  CHECK(exchange.Get(batch).json["markets"].size() == 1);
  exchange.AdvanceBy(absl::Hours(24 * 100));
  CHECK(exchange.Get(live).status == 404);
  CHECK(exchange.Get(batch).json["markets"].empty());
  CHECK(exchange.Get("/trade-api/v2/historical/markets/OLD/" + candles).status == 200);
  CHECK(exchange.Get("/trade-api/v2/markets/OLD").status == 404);
  CHECK(exchange.Get("/trade-api/v2/historical/markets/OLD").json["market"]["ticker"] == "OLD");
  CHECK(exchange.Get("/trade-api/v2/historical/markets").json["markets"].size() == 1);
  CHECK(exchange.Get("/trade-api/v2/events/EOLD").json["markets"].empty());
}

TEST_CASE("Events: markets stand beside the event or inside it", "[mock_kalshi]") {
  ExchangeFixture exchange;
  exchange.AddMarket("ONE");
  const json beside = exchange.Get("/trade-api/v2/events/EONE").json;
  CHECK(beside["markets"].size() == 1);
  CHECK_FALSE(beside["event"].contains("markets"));
  const json inside = exchange.Get("/trade-api/v2/events/EONE?with_nested_markets=true").json;
  CHECK(inside["markets"].empty());
  CHECK(inside["event"]["markets"].size() == 1);
  CHECK(exchange.Get("/trade-api/v2/events/NONE").status == 404);
  CHECK(exchange.Get("/trade-api/v2/events?status=open").json["events"].size() == 1);
  CHECK(exchange.Get("/trade-api/v2/events?status=closed").json["events"].empty());
}

TEST_CASE("Public reads: a key that is sent must be right", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const Trader trader = exchange.AddTrader("t", Money());
  Trader stranger = trader;
  stranger.key = *kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  CHECK(exchange.Get(trader, "/trade-api/v2/markets").status == 200);
  CHECK(exchange.Get(stranger, "/trade-api/v2/markets").status == 401);
}
