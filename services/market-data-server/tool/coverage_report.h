#pragma once

#include <string>
#include <string_view>

#include "evx/recording/coverage.h"

// Islands and gaps of each market (evx/recording/coverage.h); a gap is what lies between two
// islands. A market that is named is the only one in the report.

namespace evx::market_data {

// A line for each market, and an indented line for each of its islands and gaps.
std::string CoverageText(const recording::Coverage& coverage, std::string_view market);

// {"markets":[{"market_ticker","event_count","islands":[{"begin","end","event_count"}],
//   "gaps":[{"begin","end"}]}]}, times in RFC 3339. One line.
std::string CoverageJson(const recording::Coverage& coverage, std::string_view market);

}  // namespace evx::market_data
