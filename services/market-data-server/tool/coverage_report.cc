#include "coverage_report.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/decimal.h"
#include "nlohmann/json.hpp"

namespace evx::market_data {
namespace {

using recording::Island;

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

}  // namespace

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

std::string CoverageJson(const recording::Coverage& coverage, std::string_view market) {
  using Json = nlohmann::ordered_json;
  Json markets = Json::array();
  for (const auto& [ticker, islands] : coverage.islands()) {
    if (!market.empty() && ticker != market) continue;
    Json island_list = Json::array();
    Json gap_list = Json::array();
    for (std::size_t i = 0; i < islands.size(); ++i) {
      const std::string begin = FormatRfc3339(islands[i].begin);
      if (i > 0) gap_list.push_back({{"begin", FormatRfc3339(islands[i - 1].end)}, {"end", begin}});
      island_list.push_back({{"begin", begin},
                             {"end", FormatRfc3339(islands[i].end)},
                             {"event_count", islands[i].event_count}});
    }
    markets.push_back({{"market_ticker", ticker},
                       {"event_count", TotalsOf(islands).event_count},
                       {"islands", std::move(island_list)},
                       {"gaps", std::move(gap_list)}});
  }
  // A ticker is any bytes that a frame held; what is not UTF-8 is replaced.
  return Json{{"markets", std::move(markets)}}.dump(-1, ' ', false,
                                                    Json::error_handler_t::replace) +
         "\n";
}

}  // namespace evx::market_data
