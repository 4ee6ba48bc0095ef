#include "stream/stream_name.h"

#include <algorithm>
#include <utility>

namespace evx::gateway {
namespace {

constexpr std::pair<std::string_view, StreamKind> kWhole[] = {
    {kMarketsStream, StreamKind::kMarkets}, {kPortfolioStream, StreamKind::kPortfolio},
    {kHealthStream, StreamKind::kHealth},   {kLogStream, StreamKind::kLog},
    {kPlayerStream, StreamKind::kPlayer},
};

constexpr std::string_view kBookPrefix = "book:";
constexpr std::string_view kTradesPrefix = "trades:";
constexpr std::string_view kReplayBookPrefix = "replay-book:";
constexpr std::string_view kReplayTradesPrefix = "replay-trades:";
constexpr std::string_view kPortfolioPrefix = "portfolio@";

constexpr std::pair<std::string_view, StreamKind> kOfMarket[] = {
    {kBookPrefix, StreamKind::kBook},
    {kTradesPrefix, StreamKind::kTrades},
    {kReplayBookPrefix, StreamKind::kReplayBook},
    {kReplayTradesPrefix, StreamKind::kReplayTrades},
};

bool IsTicker(std::string_view text) {
  return !text.empty() && text.size() <= kTickerBytesMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '@' && c != ':'; });
}

}  // namespace

std::optional<StreamName> ParseStreamName(std::string_view name) {
  for (const auto& [whole, kind] : kWhole) {
    if (name == whole) return StreamName{kind, {}};
  }
  if (name.starts_with(kPortfolioPrefix)) return StreamName{StreamKind::kPortfolio, {}};
  for (const auto& [prefix, kind] : kOfMarket) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view ticker = name.substr(prefix.size());
    if (!IsTicker(ticker)) return std::nullopt;
    return StreamName{kind, ticker};
  }
  return std::nullopt;
}

std::string BookStream(std::string_view ticker) { return std::string(kBookPrefix).append(ticker); }
std::string TradesStream(std::string_view ticker) {
  return std::string(kTradesPrefix).append(ticker);
}
std::string ReplayBookStream(std::string_view ticker) {
  return std::string(kReplayBookPrefix).append(ticker);
}
std::string ReplayTradesStream(std::string_view ticker) {
  return std::string(kReplayTradesPrefix).append(ticker);
}
std::string PortfolioStream(std::int64_t user_id) {
  return std::string(kPortfolioPrefix).append(std::to_string(user_id));
}

std::string_view ShownStreamName(std::string_view name) { return name.substr(0, name.find('@')); }

}  // namespace evx::gateway
