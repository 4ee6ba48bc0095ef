#include "evx/kalshi/messages.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <random>
#include <string>

#include "evx/core/testing/literals.h"
#include "evx/core/testing/seed.h"
#include "message_samples.h"

namespace evx::kalshi {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;

TEST_CASE("Messages: what was encoded is decoded to the same", "[kalshi]") {
  samples::ForEach([](const char* schema, const auto& message) {
    INFO(schema);
    const std::string json = EncodeJson(message);
    INFO(json);
    const auto again = DecodeJson<std::decay_t<decltype(message)>>(json);
    INFO(again.status().ToString());
    REQUIRE(again.ok());
    CHECK(*again == message);
    CHECK(EncodeJson(*again) == json);
  });
}

TEST_CASE("Messages: any mutation of a message decodes or is refused, never more", "[kalshi]") {
  std::mt19937 random(evx::testing::TestSeed("Messages"));
  samples::ForEach([&](const char* schema, const auto& message) {
    INFO(schema);
    using Message = std::decay_t<decltype(message)>;
    const std::string json = EncodeJson(message);
    for (int i = 0; i < 60; ++i) {
      std::string body = json;
      for (int edits = 1 + static_cast<int>(random() % 3); edits > 0; --edits) {
        const std::size_t at = random() % body.size();
        if (random() % 2 == 0) {
          body[at] = "\"{}[]:,0-9.etf\xff"[random() % 15];
        } else {
          body.erase(at, 1 + random() % 6);
        }
        if (body.empty()) body = " ";
      }
      const auto decoded = DecodeJson<Message>(body);
      if (decoded.ok()) {
        CHECK(DecodeJson<Message>(EncodeJson(*decoded)).ok());
      } else {
        CHECK(decoded.status().code() == absl::StatusCode::kInvalidArgument);
      }
    }
  });
}

TEST_CASE("Messages: an answer to a create order has averages with fills only", "[kalshi]") {
  CreateOrderResponse response{
      .order_id = "id", .remaining_count = 10_x, .time = Timestamp::FromMillis(1'785'000'000'123)};
  CHECK(EncodeJson(response) == R"({"order_id":"id","fill_count":"0.00","remaining_count":"10.00",)"
                                R"("ts_ms":1785000000123})");
  response.client_order_id = "c";
  response.fill_count = 1_x;
  response.average_fill_price = Money::FromMicros(520'000);
  response.average_fee_paid = Money::FromMicros(17'500);
  CHECK(EncodeJson(response) ==
        R"({"order_id":"id","client_order_id":"c","fill_count":"1.00",)"
        R"("remaining_count":"10.00","average_fill_price":"0.5200","average_fee_paid":"0.0175",)"
        R"("ts_ms":1785000000123})");
}

TEST_CASE("Messages: a failed batch item has an error and no time", "[kalshi]") {
  const BatchCancelOrdersResponse response{
      {{.order_id = "id", .error = MakeError(error::kNotFound)}}};
  CHECK(EncodeJson(response) ==
        R"({"orders":[{"order_id":"id","client_order_id":null,"reduced_by":"0.00","ts_ms":null,)"
        R"("error":{"code":"not_found","message":"not found","details":""}}]})");
}

TEST_CASE("Messages: an order book is two lists of pairs", "[kalshi]") {
  const OrderBookResponse response{
      {{{1_c, 10_x}, {40_c, 5_x}}, {{Price::FromMicros(575'000), Quantity::FromCentis(1)}}}};
  CHECK(EncodeJson(response) ==
        R"({"orderbook_fp":{"yes_dollars":[["0.0100","10.00"],["0.4000","5.00"]],)"
        R"("no_dollars":[["0.5750","0.01"]]}})");
  CHECK(EncodeJson(OrderBookResponse{}) ==
        R"({"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}})");
  for (const char* json :
       {R"({})", R"({"orderbook_fp":[]})", R"({"orderbook_fp":{"yes_dollars":[["0.01"]]}})",
        R"({"orderbook_fp":{"yes_dollars":[[0.01,"1"]]}})",
        R"({"orderbook_fp":{"yes_dollars":[["1.01","1"]]}})",
        R"({"orderbook_fp":{"yes_dollars":[["0.01","1.001"]]}})"}) {
    INFO(json);
    CHECK_FALSE(DecodeJson<OrderBookResponse>(json).ok());
  }
}

TEST_CASE("Messages: a market with an empty book has the venue's empty quotes", "[kalshi]") {
  const std::string json = EncodeJson(Market{});
  for (const char* member : {R"("yes_bid_dollars":"0.0000")", R"("yes_bid_size_fp":"0.00")",
                             R"("yes_ask_dollars":"1.0000")", R"("no_bid_dollars":"0.0000")",
                             R"("no_ask_dollars":"1.0000")", R"("last_price_dollars":"0.0000")",
                             R"("result":"")", R"("notional_value_dollars":"1.0000")"}) {
    INFO(member);
    CHECK(json.find(member) != std::string::npos);
  }
  CHECK(json.find("settlement_value_dollars") == std::string::npos);
}

TEST_CASE("Messages: an ask is also written in the older words", "[kalshi]") {
  Order order{.book_side = BookSide::kAsk, .action = OrderAction::kBuy, .yes_price = 30_c};
  CHECK(EncodeJson(order).find(R"("book_side":"ask","outcome_side":"no","side":"no",)"
                               R"("action":"buy")") != std::string::npos);
  CHECK(EncodeJson(order).find(R"("no_price_dollars":"0.7000")") != std::string::npos);
  order.action = OrderAction::kSell;
  CHECK(EncodeJson(order).find(R"("outcome_side":"no","side":"yes","action":"sell")") !=
        std::string::npos);
}

TEST_CASE("Messages: numbers of strikes and multipliers have no needless digits", "[kalshi]") {
  Market market;
  market.floor_strike_micros = 97'249'990'000;
  market.cap_strike_micros = 100'000'000;
  const std::string json = EncodeJson(market);
  CHECK(json.find(R"("floor_strike":97249.99,"cap_strike":100,)") != std::string::npos);
  CHECK(EncodeJson(Series{.fee_multiplier_micros = 0}).find(R"("fee_multiplier":0,)") !=
        std::string::npos);
  CHECK(EncodeJson(Series{.fee_multiplier_micros = 500'000}).find(R"("fee_multiplier":0.5,)") !=
        std::string::npos);
}

TEST_CASE("Messages: an amend that changed no count says null", "[kalshi]") {
  AmendOrderResponse amend{.order_id = "id", .time = Timestamp::FromSeconds(1)};
  CHECK(EncodeJson(amend) ==
        R"({"order_id":"id","remaining_count":null,"fill_count":null,"average_fill_price":null,)"
        R"("average_fee_paid":null,"ts_ms":1000})");
  CHECK(*DecodeJson<AmendOrderResponse>(EncodeJson(amend)) == amend);
}

TEST_CASE("Messages: candles without a trade have no trade prices", "[kalshi]") {
  const Candlestick quiet{.end_period = Timestamp::FromSeconds(60), .price = {.previous = 11_c}};
  CHECK(EncodeJson(MarketCandlesticksResponse{"T", {quiet}})
            .find(R"("price":{"previous_dollars":"0.1100"})") != std::string::npos);
  CHECK(EncodeJson(HistoricalCandlesticksResponse{"T", {quiet}}) ==
        R"({"ticker":"T","candlesticks":[{"end_period_ts":60,)"
        R"("yes_bid":{"open":"0.0000","low":"0.0000","high":"0.0000","close":"0.0000"},)"
        R"("yes_ask":{"open":"0.0000","low":"0.0000","high":"0.0000","close":"0.0000"},)"
        R"("price":{"open":null,"low":null,"high":null,"close":null,"mean":null,)"
        R"("previous":"0.1100"},"volume":"0.00","open_interest":"0.00"}]})");
  const std::string event = EncodeJson(EventCandlesticksResponse{{"A", "B"}, {{}, {quiet, quiet}}});
  CHECK(event.find(R"("market_candlesticks":[[],[{)") != std::string::npos);
}

TEST_CASE("Messages: names that are data are escaped", "[kalshi]") {
  CHECK(EncodeJson(TagsByCategoriesResponse{{{"a\"b", {"x"}}, {"c", {}}}}) ==
        R"({"tags_by_categories":{"a\"b":["x"],"c":[]}})");
  CHECK(EncodeJson(FiltersBySportResponse{{{"Golf", {"Games"}, {{"PGA", {"Wins"}}}}}}) ==
        R"({"filters_by_sports":{"Golf":{"scopes":["Games"],)"
        R"("competitions":{"PGA":{"scopes":["Wins"]}}}},"sport_ordering":["Golf"]})");
}

TEST_CASE("Messages: price ranges and grids are two forms of one thing", "[kalshi]") {
  for (const std::string_view name : PriceLevelStructureNames()) {
    const auto grid = PriceGrid::FromStructure(name);
    CHECK(*ToPriceGrid(ToPriceRanges(*grid)) == *grid);
  }
  CHECK_FALSE(ToPriceGrid({}).ok());
}

TEST_CASE("Messages: a member that clients rely on must be there", "[kalshi]") {
  const auto fault = DecodeJson<CreateOrderResponse>(R"({"order_id":"id","fill_count":"1.00"})");
  REQUIRE_FALSE(fault.ok());
  CHECK(std::string(fault.status().message()).find("remaining_count is missing") !=
        std::string::npos);
  CHECK_FALSE(DecodeJson<OrdersResponse>(R"({"orders":[{}]})").ok());
  CHECK_FALSE(DecodeJson<MarketResponse>("{}").ok());
}

// For checks against the venue's schemas: one line per sample.
TEST_CASE("Messages: samples as text", "[.samples]") {
  samples::ForEach([](const char* schema, const auto& message) {
    std::printf("%s\t%s\n", schema, EncodeJson(message).c_str());
  });
}

}  // namespace
}  // namespace evx::kalshi
