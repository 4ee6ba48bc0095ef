#include "market_settings.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::market_maker {
namespace {

TEST_CASE("MarketSettings: what a market leaves out keeps the default", "[market-maker]") {
  const auto markets = ParseMarkets(
      R"({"markets":[{"ticker":"A"},{"ticker":"B","mode":"model","quantity":7,"price_min":5,
          "price_max":95,"interval_ms":500}]})",
      MarketSettings{});
  REQUIRE(markets.ok());
  REQUIRE(markets->size() == 2);
  CHECK((*markets)[0].mode == QuoteMode::kTriangle);
  CHECK((*markets)[0].quantity == Quantity::FromContracts(100));
  CHECK((*markets)[1].mode == QuoteMode::kModel);
  CHECK((*markets)[1].quantity == Quantity::FromContracts(7));
  CHECK((*markets)[1].interval == absl::Milliseconds(500));
}

TEST_CASE("MarketSettings: a fault names market, member, value and limit", "[market-maker]") {
  const auto [json, part] = GENERATE(
      std::pair<std::string, std::string>{R"({"markets":[{"ticker":"A","quantity":0}]})",
                                          "market A: quantity is 0, not within 1..1000000"},
      std::pair<std::string, std::string>{R"({"markets":[{"ticker":"A","mode":"fast"}]})",
                                          "market A: mode is \"fast\""},
      std::pair<std::string, std::string>{R"({"markets":[{"ticker":"A","price_min":60}]})",
                                          "market A: price_max (67)"},
      std::pair<std::string, std::string>{R"({"markets":[{"ticker":"A"},{"ticker":"A"}]})",
                                          "market A is listed twice"},
      std::pair<std::string, std::string>{R"({"markets":[{}]})", "with a ticker"},
      std::pair<std::string, std::string>{R"([])", "array \"markets\""},
      std::pair<std::string, std::string>{R"({"markets":)", "array \"markets\""});
  const auto markets = ParseMarkets(json, MarketSettings{});
  REQUIRE_FALSE(markets.ok());
  CHECK(std::string(markets.status().message()).find(part) != std::string::npos);
}

}  // namespace
}  // namespace evx::market_maker
