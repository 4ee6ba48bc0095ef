#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Fixed-point decimals as the venue writes them: "0.5600", "-12.50". No floating point, no
// exponent, no sign but a leading '-', no spaces, no thousands separator.

namespace evx {

// Parses `text` into an integer scaled by 10^scale: ParseDecimal("0.56", 6) is 560000.
// Nothing when the text is not a plain decimal, has a nonzero digit beyond `scale`, has more than
// `fraction_digits_max` digits after the point, or does not fit in 64 bits. scale: 0..9.
std::optional<std::int64_t> ParseDecimal(std::string_view text, int scale,
                                         int fraction_digits_max = 9);

// Writes value / 10^scale with exactly `digits` digits after the point, truncating toward zero:
// FormatDecimal(560000, 6, 4) is "0.5600". 0 <= digits; digits beyond `scale` are zeros.
std::string FormatDecimal(std::int64_t value, int scale, int digits);

// The same, appended to `out`; the form for hot paths.
void AppendDecimal(std::string& out, std::int64_t value, int scale, int digits);

}  // namespace evx
