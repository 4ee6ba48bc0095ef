#include "coverage_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "nlohmann/json.hpp"

namespace evx::market_data {
namespace {

using recording::Island;
using Json = nlohmann::ordered_json;

constexpr int kNanosScale = 9;
constexpr int kSecondsDigits = 3;

struct Totals {
  std::uint64_t event_count = 0;
  std::int64_t covered_nanos = 0;
};

Totals TotalsOf(const std::vector<Island>& islands) {
  Totals totals;
  for (const Island& island : islands) {
    totals.event_count += island.event_count;
    totals.covered_nanos += island.end.nanos() - island.begin.nanos();
  }
  return totals;
}

std::string Seconds(std::int64_t nanos) {
  return FormatDecimal(nanos, kNanosScale, kSecondsDigits) + " s";
}

Json MarketJson(const std::string& ticker, const std::vector<Island>& islands,
                std::size_t island_count_max) {
  const std::size_t first = islands.size() - std::min(islands.size(), island_count_max);
  Json island_list = Json::array();
  Json gap_list = Json::array();
  for (std::size_t i = first; i < islands.size(); ++i) {
    const std::string begin = FormatRfc3339(islands[i].begin);
    if (i > first) {
      gap_list.push_back({{"begin", FormatRfc3339(islands[i - 1].end)}, {"end", begin}});
    }
    island_list.push_back({{"begin", begin},
                           {"end", FormatRfc3339(islands[i].end)},
                           {"event_count", islands[i].event_count}});
  }
  Json market{{"market_ticker", ticker},
              {"event_count", TotalsOf(islands).event_count},
              {"islands", std::move(island_list)},
              {"gaps", std::move(gap_list)}};
  if (first > 0) market["islands_left_out"] = first;
  return market;
}

}  // namespace

absl::StatusOr<CoverageScan> ScanCoverage(const CoverageRange& range) {
  recording::ReadOptions options;
  options.from = range.from;
  options.until = range.until;
  recording::RecordingReader reader(range.folder, options);
  CoverageScan scan{recording::Coverage(range.is_contiguous), {}};
  std::uint64_t frame_count = 0;
  while (true) {
    if (range.should_stop && range.should_stop()) return absl::CancelledError("stopped");
    EVX_ASSIGN_OR_RETURN(const auto block, reader.Next());
    if (!block) break;
    for (std::size_t frame = 0; frame < block->frame_count(); ++frame) {
      if (!reader.IsWanted(*block, frame)) continue;
      if (++frame_count > range.frame_count_max) {
        return ResourceExhausted(
            absl::StrFormat("there are more than %d frames in that time", range.frame_count_max));
      }
      scan.coverage.Add(block->EventOf(frame));
    }
  }
  scan.report = reader.report();
  if (scan.report.segment_count == 0) return NotFound("no recording in " + range.folder);
  return scan;
}

std::string CoverageText(const recording::Coverage& coverage, std::string_view market) {
  std::string text;
  for (const auto& [ticker, islands] : coverage.islands()) {
    if (!market.empty() && ticker != market) continue;
    const Totals totals = TotalsOf(islands);
    text +=
        absl::StrFormat("%s: islands %d, gaps %d, events %d, covered %s\n", ticker, islands.size(),
                        islands.size() - 1, totals.event_count, Seconds(totals.covered_nanos));
    for (std::size_t i = 0; i < islands.size(); ++i) {
      const Island& island = islands[i];
      if (i > 0) {
        const Timestamp begin = islands[i - 1].end;
        text += absl::StrFormat("  gap    %s %s, %s\n", FormatRfc3339(begin),
                                FormatRfc3339(island.begin),
                                Seconds(island.begin.nanos() - begin.nanos()));
      }
      text += absl::StrFormat(
          "  island %s %s, %s, events %d\n", FormatRfc3339(island.begin), FormatRfc3339(island.end),
          Seconds(island.end.nanos() - island.begin.nanos()), island.event_count);
    }
  }
  return text;
}

std::string CoverageJson(const recording::Coverage& coverage, const CoveragePage& page,
                         const std::vector<std::string>& damages) {
  Json markets = Json::array();
  std::string last;
  bool is_full = false;
  const auto& islands = coverage.islands();
  for (auto next = islands.upper_bound(page.after); next != islands.end(); ++next) {
    if (!page.market.empty() && next->first != page.market) continue;
    is_full = markets.size() == page.market_count_max;
    if (is_full) break;
    markets.push_back(MarketJson(next->first, next->second, page.island_count_max));
    last = next->first;
  }
  Json report{{"markets", std::move(markets)}};
  if (is_full) report["cursor"] = last;
  if (!damages.empty()) report["damages"] = damages;
  // A ticker is any bytes that a frame held; what is not UTF-8 is replaced.
  return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace evx::market_data
