#include "evx/core/price_grid.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "evx/core/testing/literals.h"

namespace evx {
namespace {

using testing::operator""_c;

// Slow and obvious: every price strictly between $0 and $1 that some band reaches in whole steps.
std::vector<Price> ValidPrices(std::span<const PriceBand> bands) {
  std::vector<Price> prices;
  for (std::int64_t micros = 100; micros < 1'000'000; micros += 100) {
    for (const PriceBand& band : bands) {
      if (micros < band.start.micros() || micros > band.end.micros()) continue;
      if ((micros - band.start.micros()) % band.step.micros() != 0) continue;
      prices.push_back(Price::FromMicros(micros));
      break;
    }
  }
  return prices;
}

void CheckAgainst(const PriceGrid& grid, const std::vector<Price>& valid) {
  REQUIRE(grid.tick_count() == valid.size());
  int wrong = 0;
  for (std::int64_t micros = 0; micros <= 1'000'000; micros += 100) {
    const Price price = Price::FromMicros(micros);
    const auto at_or_above = std::lower_bound(valid.begin(), valid.end(), price);
    const bool exact = at_or_above != valid.end() && *at_or_above == price;
    const auto rank = static_cast<std::uint32_t>(at_or_above - valid.begin());

    const auto index = grid.IndexOf(price);
    wrong += index.has_value() != exact;
    if (exact && index) wrong += *index != rank || grid.PriceAt(*index) != price;

    const auto ceil = grid.CeilIndex(price);
    wrong += ceil.has_value() != (at_or_above != valid.end());
    if (ceil) wrong += *ceil != rank;

    const std::uint32_t count = exact ? rank + 1 : rank;
    const auto floor = grid.FloorIndex(price);
    wrong += floor.has_value() != (count > 0);
    if (floor) wrong += *floor != count - 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("PriceGrid: every named structure maps prices and indexes both ways", "[core]") {
  for (const std::string_view name : PriceLevelStructureNames()) {
    INFO(std::string(name));
    const auto grid = PriceGrid::FromStructure(name);
    REQUIRE(grid.ok());
    CheckAgainst(*grid, ValidPrices(grid->bands()));
    CHECK(grid->is_symmetric());
    for (int cents = 1; cents < 100; ++cents) CHECK(grid->Contains(Price::FromCents(cents)));
  }
}

TEST_CASE("PriceGrid: known structures have the known number of prices", "[core]") {
  CHECK(PriceGrid().tick_count() == 99);
  CHECK(PriceGrid().lowest() == 1_c);
  CHECK(PriceGrid().highest() == 99_c);
  CHECK(PriceGrid::FromStructure("deci_cent")->tick_count() == 999);
  CHECK(PriceGrid::FromStructure("center_centi_edge_centi_cent")->tick_count() ==
        PriceGrid::kTickCountMax);
  // 100 edge ticks of 0.001 up to 0.10, 80 of 0.01 up to 0.90, 99 of 0.001 below $1.
  CHECK(PriceGrid::FromStructure("tapered_deci_cent")->tick_count() == 279);
  CHECK(PriceGrid::FromStructure("center_deci_edge_centi_cent")->tick_count() == 1179);
}

TEST_CASE("PriceGrid: $0, $1 and prices between ticks are not valid", "[core]") {
  const PriceGrid grid;
  CHECK_FALSE(grid.Contains(0_c));
  CHECK_FALSE(grid.Contains(100_c));
  CHECK_FALSE(grid.Contains(Price::FromMicros(565'000)));
  CHECK(grid.IndexOf(56_c) == 55u);
}

TEST_CASE("PriceGrid: bands need not span the whole dollar nor be symmetric", "[core]") {
  const PriceBand bands[] = {{10_c, 20_c, Price::FromMicros(1'000)}, {20_c, 60_c, 5_c}};
  const auto grid = PriceGrid::FromBands(bands);
  REQUIRE(grid.ok());
  CHECK(grid->lowest() == 10_c);
  CHECK(grid->highest() == 60_c);
  CHECK_FALSE(grid->is_symmetric());
  CheckAgainst(*grid, ValidPrices(bands));
}

TEST_CASE("PriceGrid: bands that are no grid are refused by name of the fault", "[core]") {
  const auto message = [](std::vector<PriceBand> bands) {
    return std::string(PriceGrid::FromBands(bands).status().message());
  };
  CHECK(message({}).find("allowed are 1 to 8") != std::string::npos);
  CHECK(message(std::vector<PriceBand>(9, {0_c, 100_c, 1_c})).find("1 to 8") != std::string::npos);
  CHECK(message({{50_c, 50_c, 1_c}}).find("is empty") != std::string::npos);
  CHECK(message({{0_c, 100_c, 0_c}}).find("has no step") != std::string::npos);
  CHECK(message({{0_c, 100_c, 3_c}}).find("whole number of steps") != std::string::npos);
  CHECK(message({{0_c, 40_c, 1_c}, {50_c, 100_c, 1_c}}).find("band 1") != std::string::npos);
  CHECK(message({{0_c, 100_c, 100_c}}).find("no price between") != std::string::npos);
  CHECK(PriceGrid::FromStructure("banded_centi_cent").status().code() ==
        absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace evx
