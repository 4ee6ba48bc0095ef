#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exchange_fixture.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using nlohmann::json;
using testing::Answer;
using testing::ExchangeFixture;
using testing::Trader;

constexpr std::string_view kPositions = "/trade-api/v2/portfolio/positions";
constexpr std::string_view kSettlements = "/trade-api/v2/portfolio/settlements";

// Two traders and an event with markets of its own; every market settles at once.
struct PortfolioFixture {
  ExchangeFixture exchange;
  Trader buyer = exchange.AddTrader("buyer", 1'000_usd);
  Trader seller = exchange.AddTrader("seller", 1'000_usd);
  EventId event;

  PortfolioFixture() {
    venue::PutSeries series;
    series.ticker = venue::Ticker("S");
    venue::PutEvent put;
    put.ticker = venue::Ticker("E");
    put.series = exchange.Execute(series).result.series;
    event = exchange.Execute(put).result.event;
  }

  MarketId AddMarket(std::string_view ticker) {
    venue::PutMarket market;
    market.ticker = venue::Ticker(ticker);
    market.event = event;
    market.price_level_structure = decltype(market.price_level_structure)("linear_cent");
    market.open_time = exchange.host().clock().Now();
    market.close_time = exchange.host().clock().Now() + absl::Hours(1);
    market.settlement_timer_seconds = 0;
    return exchange.Execute(market).result.market;
  }

  // The seller rests, the buyer takes.
  void Trade(const Trader& from, const Trader& to, std::string_view ticker, std::string_view price,
             std::string_view count) {
    REQUIRE(exchange.Create(from, ticker, "ask", price, count).status == 201);
    REQUIRE(exchange.Create(to, ticker, "bid", price, count).json["fill_count"] != "0.00");
  }

  void Settle(MarketId market, venue::MarketResult result) {
    const Timestamp now = exchange.host().clock().Now();
    REQUIRE(!exchange.Execute(venue::SetMarketCloseTime{market, now}).result.reject);
    venue::DetermineMarket determine;
    determine.market = market;
    determine.result = result;
    determine.settlement_value =
        Price::FromMicros(result == venue::MarketResult::kYes ? Price::kDollarMicros : 0);
    REQUIRE(!exchange.Execute(determine).result.reject);
    exchange.AdvanceBy(absl::Seconds(1));
  }

  std::vector<std::string> Tickers(const Trader& trader, const std::string& query) {
    const Answer answer = exchange.Get(trader, std::string(kPositions) + query);
    INFO(answer.text);
    REQUIRE(answer.status == 200);
    std::vector<std::string> tickers;
    for (const json& row : answer.json["market_positions"]) tickers.push_back(row["ticker"]);
    return tickers;
  }
};

using Strings = std::vector<std::string>;

TEST_CASE_METHOD(PortfolioFixture, "Positions: count_filter keeps what has any of the named values",
                 "[mock_kalshi]") {
  AddMarket("HELD");
  AddMarket("FLAT");
  Trade(seller, buyer, "HELD", "0.40", "10");
  Trade(seller, buyer, "FLAT", "0.40", "10");
  Trade(buyer, seller, "FLAT", "0.50", "10");
  CHECK(Tickers(buyer, "") == Strings{"FLAT", "HELD"});
  CHECK(Tickers(buyer, "?count_filter=position") == Strings{"HELD"});
  CHECK(Tickers(buyer, "?count_filter=total_traded") == Strings{"FLAT", "HELD"});
  CHECK(Tickers(buyer, "?count_filter=position,total_traded") == Strings{"FLAT", "HELD"});
}

TEST_CASE_METHOD(PortfolioFixture, "Positions: an event is summed whole on each of its pages",
                 "[mock_kalshi]") {
  AddMarket("A");
  AddMarket("B");
  Trade(seller, buyer, "A", "0.40", "10");
  Trade(seller, buyer, "B", "0.30", "10");
  const Answer first = exchange.Get(buyer, std::string(kPositions) + "?limit=1");
  REQUIRE(first.json["market_positions"].size() == 1);
  CHECK(first.json["market_positions"][0]["ticker"] == "B");
  CHECK(first.json["event_positions"][0]["event_exposure_dollars"] == "7.000000");
  const std::string cursor = first.json["cursor"];
  REQUIRE_FALSE(cursor.empty());
  const Answer last = exchange.Get(buyer, std::string(kPositions) + "?limit=1&cursor=" + cursor);
  CHECK(last.json["market_positions"][0]["ticker"] == "A");
  CHECK(last.json["event_positions"][0]["event_exposure_dollars"] == "7.000000");
  CHECK(last.json["cursor"] == "");
  const Answer one = exchange.Get(buyer, std::string(kPositions) + "?ticker=A");
  CHECK(one.json["event_positions"][0]["event_exposure_dollars"] == "4.000000");
}

TEST_CASE_METHOD(PortfolioFixture, "Positions: settled ones are listed on request, page by page",
                 "[mock_kalshi]") {
  const MarketId a = AddMarket("A");
  const MarketId b = AddMarket("B");
  AddMarket("C");
  for (const char* ticker : {"A", "B", "C"}) Trade(seller, buyer, ticker, "0.40", "1");
  Settle(a, venue::MarketResult::kYes);
  Settle(b, venue::MarketResult::kNo);
  CHECK(Tickers(buyer, "") == Strings{"C"});
  CHECK(Tickers(buyer, "?settlement_status=settled") == Strings{"B", "A"});
  CHECK(Tickers(buyer, "?settlement_status=all") == Strings{"C", "B", "A"});
  CHECK(Tickers(buyer, "?settlement_status=all&limit=2") == Strings{"C", "B"});
  CHECK(Tickers(buyer, "?settlement_status=settled&count_filter=position").empty());
  CHECK(Tickers(buyer, "?settlement_status=settled&count_filter=total_traded") ==
        Strings{"B", "A"});
}

TEST_CASE_METHOD(PortfolioFixture, "Settlements: costs, payout and all fees paid in the market",
                 "[mock_kalshi]") {
  const MarketId market = AddMarket("A");
  Trade(seller, buyer, "A", "0.52", "1");
  Settle(market, venue::MarketResult::kYes);
  const Answer won = exchange.Get(buyer, kSettlements);
  REQUIRE(won.json["settlements"].size() == 1);
  const json& row = won.json["settlements"][0];
  CHECK(row["yes_count_fp"] == "1.00");
  CHECK(row["yes_total_cost_dollars"] == "0.520000");
  CHECK(row["no_count_fp"] == "0.00");
  CHECK(row["revenue"] == 100);
  CHECK(row["value"] == 100);
  CHECK(row["fee_cost"] == "0.017500");
  CHECK(won.json["cursor"] == "");
  const Answer lost = exchange.Get(seller, kSettlements);
  CHECK(lost.json["settlements"][0]["revenue"] == 0);
  CHECK(lost.json["settlements"][0]["no_total_cost_dollars"] == "0.480000");
  CHECK(lost.json["settlements"][0]["fee_cost"] == "0.000000");
}

TEST_CASE("Subaccounts: they need the usage level advanced", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const auto basic = exchange.AddTrader("basic", 10_usd, venue::UsageTier::kBasic);
  constexpr std::string_view kSubaccounts = "/trade-api/v2/portfolio/subaccounts";
  CHECK(exchange.Send(basic, net::HttpMethod::kPost, kSubaccounts).status == 403);
  REQUIRE(
      exchange.Send(basic, net::HttpMethod::kPost, "/trade-api/v2/account/api_usage_level/upgrade")
          .status == 201);
  CHECK(exchange.Send(basic, net::HttpMethod::kPost, kSubaccounts).json["subaccount_number"] == 1);
  const Answer limits = exchange.Get(basic, "/trade-api/v2/account/limits");
  CHECK(limits.json["grants"][0]["level"] == "advanced");
  CHECK(limits.json["grants"][0]["source"] == "manual");
}

TEST_CASE("Limits: an account without limits is shown a large budget, not none", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("free", 10_usd, venue::UsageTier::kUnlimited);
  const Answer limits = exchange.Get(trader, "/trade-api/v2/account/limits");
  CHECK(limits.json["write"]["refill_rate"] == 1'000'000);
  CHECK(limits.json["read"]["bucket_capacity"] == 1'000'000);
}

TEST_CASE("Keys: one that is restricted to a subaccount sees nothing of the whole account",
          "[mock_kalshi]") {
  ExchangeFixture exchange;
  const auto trader = exchange.AddTrader("trader", 10_usd);
  REQUIRE(
      exchange.Send(trader, net::HttpMethod::kPost, "/trade-api/v2/portfolio/subaccounts").status ==
      201);
  const auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  REQUIRE(key.ok());
  Trader restricted = trader;
  restricted.key = *key;
  restricted.key_id =
      exchange
          .Send(trader, net::HttpMethod::kPost, "/trade-api/v2/api_keys",
                {{"name", "one"}, {"public_key", key->public_key().ToPem()}, {"subaccount", 1}})
          .json["api_key_id"];
  const Answer balance = exchange.Get(restricted, "/trade-api/v2/portfolio/balance");
  CHECK(balance.json["balance"] == 0);
  CHECK_FALSE(balance.json.contains("balance_breakdown"));
  for (const char* path :
       {"balance?subaccount=0", "deposits", "withdrawals", "subaccounts/transfers"}) {
    INFO(path);
    CHECK(exchange.Get(restricted, std::string("/trade-api/v2/portfolio/") + path).status == 403);
  }
}

}  // namespace
}  // namespace evx::mock_kalshi
