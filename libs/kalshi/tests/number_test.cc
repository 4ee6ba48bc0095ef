#include "evx/kalshi/number.h"

#include <catch2/catch.hpp>

#include "evx/core/testing/literals.h"

namespace evx::kalshi {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;

TEST_CASE("Number: prices are read with any number of digits and written with four", "[kalshi]") {
  CHECK(ParsePrice("0.56") == 56_c);
  CHECK(ParsePrice("0.5600") == 56_c);
  CHECK(ParsePrice("0.560000") == 56_c);
  CHECK(ParsePrice("1") == 100_c);
  CHECK(ParsePrice("0.0001") == Price::FromMicros(100));
  CHECK(FormatPrice(56_c) == "0.5600");
  CHECK(FormatPrice(100_c) == "1.0000");
  CHECK(FormatPrice(Price()) == "0.0000");
  for (std::int64_t micros = 0; micros <= 1'000'000; micros += 100) {
    const Price price = Price::FromMicros(micros);
    if (ParsePrice(FormatPrice(price)) != price) FAIL(micros);
  }
}

TEST_CASE("Number: what is not a price within the dollar is refused", "[kalshi]") {
  const auto text = GENERATE("", "-0.01", "1.0001", "0.00001", "56c", "1e-1", "NaN", ".5", "0.5 ",
                             "99999999999999999999");
  CHECK_FALSE(ParsePrice(text).has_value());
}

TEST_CASE("Number: counts have two digits after the point and a bound", "[kalshi]") {
  CHECK(ParseCount("10") == 10_x);
  CHECK(ParseCount("10.0") == 10_x);
  CHECK(ParseCount("10.00") == 10_x);
  CHECK(ParseCount("0.01") == Quantity::FromCentis(1));
  CHECK(ParseCount("-3.50") == Quantity::FromCentis(-350));
  CHECK_FALSE(ParseCount("0.001").has_value());
  CHECK(ParseCount("1000000000") == kCountMax);
  CHECK_FALSE(ParseCount("1000000000.01").has_value());
  CHECK(FormatCount(Quantity::FromCentis(-350)) == "-3.50");
  CHECK(FormatCount(10_x) == "10.00");
}

TEST_CASE("Number: money is written with six digits or cut to four", "[kalshi]") {
  CHECK(FormatMoney6(Money::FromMicros(17'500)) == "0.017500");
  CHECK(FormatMoney4(Money::FromMicros(17'599)) == "0.0175");
  CHECK(FormatMoney4(Money::FromMicros(-2'500'000)) == "-2.5000");
  CHECK(ParseMoney("-2.500001") == Money::FromMicros(-2'500'001));
  CHECK(ToCentsTruncated(Money::FromMicros(19'999)) == 1);
}

TEST_CASE("Number: whole cents are told from fractions", "[kalshi]") {
  CHECK(ToCents(56_c) == 56);
  CHECK_FALSE(ToCents(Price::FromMicros(565'000)).has_value());
}

TEST_CASE("Number: decimal texts are told from others whatever their size", "[kalshi]") {
  for (const char* text : {"0", "-1", "1.5", "123456789012345678901234567890.1"}) {
    CHECK(IsDecimalText(text));
  }
  for (const char* text : {"", "-", ".", "1.", ".1", "+1", "1e5", "1.2.3", "0x1", "1 ", "NaN"}) {
    CHECK_FALSE(IsDecimalText(text));
  }
}

}  // namespace
}  // namespace evx::kalshi
