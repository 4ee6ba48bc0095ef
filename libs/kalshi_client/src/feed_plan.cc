#include "evx/kalshi_client/feed_plan.h"

#include "evx/core/check.h"

namespace evx::kalshi_client {

FeedPlan::FeedPlan(std::size_t markets_per_connection, std::size_t connections_max)
    : markets_per_connection_(markets_per_connection), connections_max_(connections_max) {
  EVX_CHECK(markets_per_connection >= 1 && connections_max >= 1);
}

std::optional<int> FeedPlan::Add(std::string_view ticker) {
  if (const auto found = markets_.find(ticker); found != markets_.end()) return found->second;
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] >= markets_per_connection_) continue;
    if (!best || counts_[i] > counts_[*best]) best = i;
  }
  if (!best) {
    if (counts_.size() >= connections_max_) return std::nullopt;
    best = counts_.size();
    counts_.push_back(0);
  }
  ++counts_[*best];
  const int connection = static_cast<int>(*best);
  markets_.emplace(std::string(ticker), connection);
  return connection;
}

std::optional<int> FeedPlan::Remove(std::string_view ticker) {
  const auto found = markets_.find(ticker);
  if (found == markets_.end()) return std::nullopt;
  const int connection = found->second;
  markets_.erase(found);
  --counts_[static_cast<std::size_t>(connection)];
  return connection;
}

std::size_t FeedPlan::market_count(int connection) const {
  const auto index = static_cast<std::size_t>(connection);
  return index < counts_.size() ? counts_[index] : 0;
}

}  // namespace evx::kalshi_client
