#include "evx/core/money.h"

#include <catch2/catch.hpp>

#include "evx/core/testing/literals.h"

namespace evx {
namespace {

using namespace evx::testing;  // NOLINT: literals

TEST_CASE("Money: price times quantity is exact to the micro-dollar", "[core]") {
  CHECK((56_c * 10_x).micros() == 5'600'000);
  CHECK((Price::FromMicros(100) * Quantity::FromCentis(1)).micros() == 1);
  CHECK((Price::FromMicros(999'900) * Quantity::FromCentis(-3)).micros() == -29'997);
}

TEST_CASE("Price: a YES price and its complement add up to one dollar", "[core]") {
  const auto micros = GENERATE(0, 100, 560'000, 999'900, 1'000'000);
  const Price price = Price::FromMicros(micros);
  CHECK(price.micros() + price.Complement().micros() == Price::kDollarMicros);
  CHECK(price.Complement().Complement() == price);
}

TEST_CASE("Price: off-granularity and out-of-range values are not valid", "[core]") {
  CHECK_FALSE(Price::IsValid(50));
  CHECK_FALSE(Price::IsValid(-100));
  CHECK_FALSE(Price::IsValid(1'000'100));
  CHECK(Price::IsValid(1'000'000));
}

TEST_CASE("Arithmetic: floor and ceiling keep their direction for negative values", "[core]") {
  CHECK(DivideFloor(-7, 2) == -4);
  CHECK(DivideFloor(7, 2) == 3);
  CHECK(DivideCeil(-7, 2) == -3);
  CHECK(DivideCeil(7, 2) == 4);
  CHECK(DivideFloor(-8, 2) == -4);
  CHECK(DivideHalfEven(5, 2) == 2);
  CHECK(DivideHalfEven(7, 2) == 4);
  CHECK(DivideHalfEven(-5, 2) == -2);
  CHECK(FloorTo(Money::FromMicros(-537'472), Money::FromMicros(100)).micros() == -537'500);
  CHECK(CeilTo(Money::FromMicros(17'401), Money::FromMicros(100)).micros() == 17'500);
}

TEST_CASE("Arithmetic: the Try forms report overflow instead of wrapping", "[core]") {
  CHECK_FALSE(TryAdd(INT64_MAX, 1).has_value());
  CHECK_FALSE(TrySubtract(INT64_MIN, 1).has_value());
  CHECK_FALSE(TryMultiply(INT64_MAX, 2).has_value());
  CHECK(TryMultiply(3, -4) == -12);
}

}  // namespace
}  // namespace evx
