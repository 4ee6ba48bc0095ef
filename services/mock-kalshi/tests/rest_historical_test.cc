#include <catch2/catch.hpp>
#include <string>

#include "exchange_fixture.h"

// What is live and what is history, on both sides of GET /historical/cutoff.

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using testing::Answer;
using testing::ExchangeFixture;
using testing::Trader;

constexpr absl::Duration kDay = absl::Hours(24);

std::size_t Count(ExchangeFixture& exchange, const Trader& trader, const std::string& path,
                  const char* list) {
  const Answer answer = exchange.Get(trader, "/trade-api/v2" + path);
  REQUIRE(answer.status == 200);
  return answer.json[list].size();
}

TEST_CASE("Historical: finished orders leave the live list two weeks after they finished",
          "[mock_kalshi]") {
  ExchangeFixture exchange;
  const Trader trader = exchange.AddTrader("t", 100_usd);
  exchange.AddMarket("LONG", "linear_cent", 30 * kDay);
  const Answer first = exchange.Create(trader, "LONG", "bid", "0.3000", "1");
  const Answer canceled = exchange.Create(trader, "LONG", "bid", "0.3000", "1");
  exchange.Create(trader, "LONG", "bid", "0.2000", "1");  // Rests on.
  exchange.AdvanceBy(10 * kDay);
  const auto cancel = [&](const Answer& order) {
    const std::string path =
        "/trade-api/v2/portfolio/events/orders/" + order.json["order_id"].get<std::string>();
    REQUIRE(exchange.Send(trader, net::HttpMethod::kDelete, path).status == 200);
  };
  cancel(first);
  exchange.AdvanceBy(5 * kDay);
  cancel(canceled);
  // The time of the last change counts, not that of the creation 15 days ago.
  CHECK(Count(exchange, trader, "/portfolio/orders", "orders") == 3);
  CHECK(Count(exchange, trader, "/historical/orders", "orders") == 0);

  exchange.AdvanceBy(10 * kDay);
  CHECK(Count(exchange, trader, "/portfolio/orders", "orders") == 2);
  CHECK(Count(exchange, trader, "/portfolio/orders?status=canceled", "orders") == 1);
  CHECK(Count(exchange, trader, "/portfolio/orders?status=resting", "orders") == 1);
  const Answer history = exchange.Get(trader, "/trade-api/v2/historical/orders");
  REQUIRE(history.json["orders"].size() == 1);
  CHECK(history.json["orders"][0]["order_id"] == first.json["order_id"]);
  CHECK(history.json["orders"][0]["status"] == "canceled");
}

TEST_CASE("Historical: fills leave the live list with the cutoff", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const Trader maker = exchange.AddTrader("maker", 100_usd);
  const Trader taker = exchange.AddTrader("taker", 100_usd);
  exchange.AddMarket("LONG", "linear_cent", 300 * kDay);
  const auto trade = [&] {
    REQUIRE(exchange.Create(maker, "LONG", "ask", "0.5000", "1").status == 201);
    REQUIRE(exchange.Create(taker, "LONG", "bid", "0.5000", "1").status == 201);
  };
  trade();
  exchange.AdvanceBy(60 * kDay);
  trade();
  CHECK(Count(exchange, taker, "/portfolio/fills", "fills") == 2);
  CHECK(Count(exchange, taker, "/historical/fills", "fills") == 0);
  exchange.AdvanceBy(60 * kDay);
  CHECK(Count(exchange, taker, "/portfolio/fills", "fills") == 1);
  CHECK(Count(exchange, taker, "/historical/fills", "fills") == 1);
  // The position is not settled: it stays live.
  CHECK(Count(exchange, taker, "/portfolio/positions", "market_positions") == 1);
  CHECK(Count(exchange, taker, "/historical/positions", "market_positions") == 0);
}

TEST_CASE("Historical: the positions of an event are archived together", "[mock_kalshi]") {
  ExchangeFixture exchange;
  const Trader maker = exchange.AddTrader("maker", 100_usd);
  const Trader taker = exchange.AddTrader("taker", 100_usd);
  const MarketId first = exchange.AddMarket("FIRST", "linear_cent", kDay);
  const auto event = exchange.host().read_model().Read(
      [&](const ReadModel::State& state) { return state.At(first).event; });
  const Timestamp now = exchange.host().clock().Now();
  venue::PutMarket put;
  put.ticker = venue::Ticker("SECOND");
  put.event = event;
  put.price_level_structure = decltype(put.price_level_structure)("linear_cent");
  put.open_time = now;
  put.close_time = now + 50 * kDay;
  const Outcome added = exchange.Execute(put);
  REQUIRE(!added.result.reject);
  const MarketId second = added.result.market;
  for (const char* ticker : {"FIRST", "SECOND"}) {
    REQUIRE(exchange.Create(maker, ticker, "ask", "0.5000", "1").status == 201);
    REQUIRE(exchange.Create(taker, ticker, "bid", "0.5000", "1").status == 201);
  }
  const auto settle = [&](MarketId market) {
    REQUIRE(!exchange
                 .Execute(venue::DetermineMarket{
                     market, venue::MarketResult::kYes, Price::FromMicros(1'000'000), {}})
                 .result.reject);
    exchange.Execute(venue::SettleMarket{market});  // Unless its timer was faster.
  };
  const std::string live = "/portfolio/positions?settlement_status=all";
  exchange.AdvanceBy(2 * kDay);
  settle(first);
  CHECK(Count(exchange, taker, live, "market_positions") == 2);
  CHECK(Count(exchange, taker, "/portfolio/positions", "market_positions") == 1);
  exchange.AdvanceBy(50 * kDay);
  settle(second);
  // The first is old enough by now, the second is not.
  exchange.AdvanceBy(60 * kDay);
  CHECK(Count(exchange, taker, live, "market_positions") == 2);
  CHECK(Count(exchange, taker, "/historical/positions", "market_positions") == 0);
  exchange.AdvanceBy(60 * kDay);
  CHECK(Count(exchange, taker, live, "market_positions") == 0);
  CHECK(Count(exchange, taker, "/historical/positions", "market_positions") == 2);
  CHECK(Count(exchange, taker, "/historical/positions?ticker=FIRST", "market_positions") == 1);
}

}  // namespace
}  // namespace evx::mock_kalshi
