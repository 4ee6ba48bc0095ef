#include "evx/core/decimal.h"

#include <catch2/catch.hpp>

namespace evx {
namespace {

TEST_CASE("Decimal: plain decimals parse to scaled integers", "[core]") {
  CHECK(ParseDecimal("0.56", 6) == 560'000);
  CHECK(ParseDecimal("0.5600", 6) == 560'000);
  CHECK(ParseDecimal("-12.5", 2) == -1'250);
  CHECK(ParseDecimal("7", 2) == 700);
  CHECK(ParseDecimal("0.560000000", 6) == 560'000);
}

TEST_CASE("Decimal: everything that is not a plain decimal is refused", "[core]") {
  const auto text = GENERATE("", "-", ".5", "5.", "1e400", "NaN", "+1", " 1", "1 ", "0x1", "1,000",
                             "1.2.3", "--1", "9223372036854775808", "\xd9\xa1");
  CHECK_FALSE(ParseDecimal(text, 2).has_value());
}

TEST_CASE("Decimal: digits beyond the scale must be zero and within the digit limit", "[core]") {
  CHECK_FALSE(ParseDecimal("0.001", 2).has_value());
  CHECK(ParseDecimal("0.010", 2) == 1);
  CHECK_FALSE(ParseDecimal("0.010", 2, 2).has_value());
}

TEST_CASE("Decimal: formatting writes exactly the digits asked for", "[core]") {
  CHECK(FormatDecimal(560'000, 6, 4) == "0.5600");
  CHECK(FormatDecimal(17'500, 6, 6) == "0.017500");
  CHECK(FormatDecimal(-1'250, 2, 2) == "-12.50");
  CHECK(FormatDecimal(-1, 6, 4) == "0.0000");
  CHECK(FormatDecimal(123, 0, 2) == "123.00");
  CHECK(FormatDecimal(199, 2, 0) == "1");
  CHECK(FormatDecimal(INT64_MIN, 2, 2) == "-92233720368547758.08");
}

}  // namespace
}  // namespace evx
