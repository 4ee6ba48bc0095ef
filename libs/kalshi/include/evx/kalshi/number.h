#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evx/core/money.h"

// Prices, money and counts as the venue writes them.
//
//   price    dollars, "0.5600"      read with up to 4 digits after the point, written with 4
//   money    dollars, "0.017500"    read with up to 6, written with 6 (costs, fees, exposure,
//                                   profit) or 4 (balances, average prices)
//   count    contracts, "10.00"     read with up to 2, written with 2; negative for NO positions
//
// Reading is lenient in the number of digits as the venue is: "0.5", "1" and trailing zeros beyond
// the limit are taken; exponents, signs other than '-', spaces and anything else are not.

namespace evx::kalshi {

// Largest order the venue's messages can carry here: a thousand million contracts. Keeps price
// times quantity, and sums of a million of them, within 64 bits.
inline constexpr Quantity kCountMax = Quantity::FromContracts(1'000'000'000);

// True for "-"? digits ("." digits)?, whatever the size.
bool IsDecimalText(std::string_view text);

// $0 to $1 inclusive and a multiple of $0.0001; nothing otherwise. $0 and $1 are on no grid, and a
// market's grid is usually coarser; the exchange decides that.
std::optional<Price> ParsePrice(std::string_view text);
std::optional<Money> ParseMoney(std::string_view text);
// Within -kCountMax .. kCountMax; nothing otherwise.
std::optional<Quantity> ParseCount(std::string_view text);

void AppendPrice(std::string& out, Price price);
// 4 digits; what lies beyond is cut off toward zero.
void AppendMoney4(std::string& out, Money money);
// 6 digits, exact.
void AppendMoney6(std::string& out, Money money);
void AppendCount(std::string& out, Quantity quantity);

std::string FormatPrice(Price price);
std::string FormatMoney4(Money money);
std::string FormatMoney6(Money money);
std::string FormatCount(Quantity quantity);

// A price as whole cents; nothing when it has a fraction of a cent.
std::optional<int> ToCents(Price price);
// Whole cents, the fraction cut off toward zero: balance, portfolio_value, revenue.
std::int64_t ToCentsTruncated(Money money);

}  // namespace evx::kalshi
