#include "evx/ledger/fees.h"

#include <catch2/catch.hpp>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/ledger/testing/one_market.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using evx::testing::operator""_usd;
using evx::testing::operator""_micros;
using testing::OneMarket;

FeeTerms Terms(FeeType type, std::int64_t millionths = 1'000'000) {
  return *FeeTerms::FromSchedule({type, FeeMultiplier::FromMillionths(millionths)});
}

TEST_CASE("FeeTerms: the model fee is rounded up to one micro-dollar", "[ledger]") {
  struct Row {
    int contracts;
    int cents;
    std::int64_t taker_micros;
    std::int64_t maker_micros;
  };
  const auto row = GENERATE(values<Row>({{1, 50, 17'500, 4'375},
                                         {10, 50, 175'000, 43'750},
                                         {100, 50, 1'750'000, 437'500},
                                         {100, 5, 332'500, 83'125},
                                         {100, 25, 1'312'500, 328'125},
                                         {100, 75, 1'312'500, 328'125},
                                         {100, 1, 69'300, 17'325},
                                         {100, 99, 69'300, 17'325},
                                         {3, 33, 46'431, 11'608},
                                         {1000, 37, 16'317'000, 4'079'250},
                                         {1, 52, 17'472, 4'368},
                                         {1, 99, 693, 174}}));
  const FeeTerms terms = Terms(FeeType::kQuadraticWithMakerFees);
  const Quantity quantity = Quantity::FromContracts(row.contracts);
  CHECK(terms.TakerFee(Price::FromCents(row.cents), quantity).micros() == row.taker_micros);
  CHECK(terms.MakerFee(Price::FromCents(row.cents), quantity).micros() == row.maker_micros);
}

TEST_CASE("FeeTerms: the share of the maker follows from the fee type", "[ledger]") {
  CHECK(Terms(FeeType::kQuadratic).MakerFee(50_c, 100_x) == 0_usd);
  CHECK(Terms(FeeType::kQuadraticWithMakerFees).MakerFee(50_c, 100_x) == 437'500_micros);
  CHECK(Terms(FeeType::kQuadraticWithComboMakerFees).MakerFee(50_c, 100_x) == 875'000_micros);
  CHECK(FeeTerms::Free().TakerFee(50_c, 100_x) == 0_usd);
}

TEST_CASE("FeeTerms: the multiplier scales both fees", "[ledger]") {
  CHECK(Terms(FeeType::kQuadratic, 500'000).TakerFee(50_c, 100_x) == 875'000_micros);
  CHECK(Terms(FeeType::kQuadratic, 0).TakerFee(50_c, 100_x) == 0_usd);
  CHECK(Terms(FeeType::kQuadraticWithMakerFees, 500'000).MakerFee(50_c, 100_x) == 218'750_micros);
}

TEST_CASE("FeeTerms: the flat fee type is refused", "[ledger]") {
  CHECK(FeeTerms::FromSchedule({FeeType::kFlat, FeeMultiplier()}).status().code() ==
        absl::StatusCode::kUnimplemented);
}

TEST_CASE("FeeTerms: an event's schedule wins over its series", "[ledger]") {
  const FeeSchedule series{FeeType::kQuadratic, FeeMultiplier()};
  const FeeSchedule event{FeeType::kQuadraticWithMakerFees, FeeMultiplier::FromMillionths(0)};
  CHECK(EffectiveFeeSchedule(series, std::nullopt) == series);
  CHECK(EffectiveFeeSchedule(series, event) == event);
}

TEST_CASE("FeeType: names are the venue's and come back", "[ledger]") {
  for (const FeeType type : {FeeType::kQuadratic, FeeType::kQuadraticWithMakerFees,
                             FeeType::kQuadraticWithComboMakerFees, FeeType::kFlat}) {
    CHECK(ParseFeeType(Name(type)) == type);
  }
  CHECK_FALSE(ParseFeeType("cubic").has_value());
}

TEST_CASE("Fee rounding: the venue's observed fills come out to the micro-dollar", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  SECTION("buy 1 at 0.52") {
    const FillOutcome fill = venue.Buy(52_c, 1_x);
    CHECK(fill.trade_fee == 17'472_micros);
    CHECK(fill.fee == 17'500_micros);
    CHECK(fill.cash_delta == -537'500_micros);
  }
  SECTION("buy 1 at 0.99") {
    const FillOutcome fill = venue.Buy(99_c, 1_x);
    CHECK(fill.trade_fee == 693_micros);
    CHECK(fill.fee == 700_micros);
  }
  SECTION("buy 3 at 0.33 leaves 69 in the accumulator") {
    const FillOutcome fill = venue.Buy(33_c, 3_x);
    CHECK(fill.trade_fee == 46'431_micros);
    CHECK(fill.cash_delta == -1'036'500_micros);
    CHECK(fill.fee == 46'500_micros);
    CHECK(venue.last_order().rounding == 69_micros);
  }
}

TEST_CASE("Fee rounding: the accumulator gives whole units back", "[ledger]") {
  OneMarket venue(BalanceUnit::kCent, 100_usd);
  SECTION("four one-lot fills at 0.50 cost as much as one of four lots") {
    const std::vector<FillOutcome> fills = venue.BuyInParts(50_c, 1_x, 4);
    CHECK(fills[0].fee == Money::FromCents(2));
    CHECK(fills[1].fee == Money::FromCents(2));
    CHECK(fills[2].fee == Money::FromCents(2));
    CHECK(fills[3].fee == Money::FromCents(1));
    CHECK(fills[3].rebate == Money::FromCents(1));
    CHECK(venue.last_order().taker_fees == Money::FromCents(7));
    OneMarket other(BalanceUnit::kCent, 100_usd);
    CHECK(other.Buy(50_c, 4_x).fee == Money::FromCents(7));
  }
  SECTION("three one-lot fills at 0.33") {
    const std::vector<FillOutcome> fills = venue.BuyInParts(33_c, 1_x, 3);
    CHECK(fills[0].fee == Money::FromCents(2));
    CHECK(fills[1].fee == Money::FromCents(2));
    CHECK(fills[2].fee == Money::FromCents(1));
    CHECK(venue.last_order().rounding == 3'569_micros);
  }
}

TEST_CASE("Fee rounding: YES and NO sides pay the same", "[ledger]") {
  for (int cents = 1; cents < 100; ++cents) {
    OneMarket yes(BalanceUnit::kCentiCent, 1000_usd);
    OneMarket no(BalanceUnit::kCentiCent, 1000_usd);
    const FillOutcome bought = yes.Buy(Price::FromCents(cents), 7_x);
    const FillOutcome sold = no.Sell(Price::FromCents(100 - cents), 7_x);
    CHECK(bought.fee == sold.fee);
    CHECK(bought.cash_delta == sold.cash_delta);
  }
}

TEST_CASE("Fee rounding: splitting an order moves its fee by at most a unit a fill", "[ledger]") {
  for (int cents = 1; cents < 100; cents += 7) {
    for (const int parts : {2, 3, 10, 33}) {
      OneMarket whole(BalanceUnit::kCentiCent, 1000_usd);
      OneMarket split(BalanceUnit::kCentiCent, 1000_usd);
      const Money one = whole.Buy(Price::FromCents(cents), Quantity::FromContracts(parts)).fee;
      split.BuyInParts(Price::FromCents(cents), 1_x, parts);
      const Money many = split.last_order().taker_fees;
      CHECK(many >=
            whole.terms().TakerFee(Price::FromCents(cents), Quantity::FromContracts(parts)));
      CHECK(many - one <= Money::FromMicros(10'000 + 100 * parts));
    }
  }
}

}  // namespace
}  // namespace evx::ledger
