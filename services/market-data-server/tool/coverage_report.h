#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/recording/coverage.h"
#include "evx/recording/writer.h"

// Islands and gaps of each market (evx/recording/coverage.h); a gap is what lies between two
// islands. What `evx-record coverage` prints, and /api/admin/coverage answers.

namespace evx::market_data {

struct CoverageScan {
  recording::Coverage coverage;
  recording::ReadReport report;
};

struct CoverageRange {
  std::string folder;
  Timestamp from;                                     // Inclusive.
  Timestamp until = Timestamp::FromNanos(INT64_MAX);  // Exclusive.
  bool is_contiguous = true;                          // See recording::Coverage.
  // RESOURCE_EXHAUSTED when there are more.
  std::uint64_t frame_count_max = std::numeric_limits<std::uint64_t>::max();
  // Asked before each block of the recording; CANCELLED when it is true.
  std::function<bool()> should_stop = {};
};

// Reads a recording, damaged parts left out and named by the report. NOT_FOUND when there is none.
absl::StatusOr<CoverageScan> ScanCoverage(const CoverageRange& range);

// What of it is told.
struct CoveragePage {
  std::string market;  // The only one; empty: all.
  std::string after;   // Those behind this one, in order.
  std::size_t market_count_max = std::numeric_limits<std::size_t>::max();
  // Of each market, the newest.
  std::size_t island_count_max = std::numeric_limits<std::size_t>::max();
};

// A line for each market, and an indented line for each of its islands and gaps.
std::string CoverageText(const recording::Coverage& coverage, std::string_view market);

// {"markets":[{"market_ticker","event_count","islands":[{"begin","end","event_count"}],
//   "gaps":[{"begin","end"}]}]}, times in RFC 3339. One line. A market with more islands than asked
// for has "islands_left_out", and a page that is full "cursor", the last market on it; damages are
// listed where there are some.
std::string CoverageJson(const recording::Coverage& coverage, const CoveragePage& page,
                         const std::vector<std::string>& damages = {});

}  // namespace evx::market_data
