#pragma once

#include "evx/core/money.h"

// Short forms for tests: 56_c is 56 cents a contract, 10_x is 10 contracts, 5_usd is $5.

namespace evx::testing {

constexpr Price operator""_c(unsigned long long cents) {
  return Price::FromCents(static_cast<std::int64_t>(cents));
}
constexpr Quantity operator""_x(unsigned long long contracts) {
  return Quantity::FromContracts(static_cast<std::int64_t>(contracts));
}
constexpr Money operator""_usd(unsigned long long dollars) {
  return Money::FromDollars(static_cast<std::int64_t>(dollars));
}
constexpr Money operator""_micros(unsigned long long micros) {
  return Money::FromMicros(static_cast<std::int64_t>(micros));
}

}  // namespace evx::testing
