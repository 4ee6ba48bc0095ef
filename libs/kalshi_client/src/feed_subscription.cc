#include "evx/kalshi_client/feed_subscription.h"

#include <algorithm>
#include <utility>

namespace evx::kalshi_client {

FeedSubscription::Check FeedSubscription::OnSequence(std::uint64_t seq) {
  if (seq == 0) return Check::kInOrder;
  const std::uint64_t last = std::exchange(last_seq_, seq);
  if (seq == last + 1) return Check::kInOrder;
  if (seq == last) return Check::kDuplicate;
  Doubt();
  return Check::kGap;
}

void FeedSubscription::AddMarket(std::string_view ticker) {
  const Proof proof = has_snapshots_ ? Proof::kAwaited : Proof::kProven;
  const bool is_new = markets_.try_emplace(std::string(ticker), proof).second;
  if (is_new && has_snapshots_) ++awaited_count_;
}

bool FeedSubscription::RemoveMarket(std::string_view ticker) {
  const auto found = markets_.find(ticker);
  if (found == markets_.end()) return false;
  const Proof proof = found->second;
  markets_.erase(found);
  if (proof == Proof::kGivenUp) --given_up_count_;
  if (proof != Proof::kAwaited) return false;
  --awaited_count_;
  return EndGapIfProven();
}

bool FeedSubscription::Doubt() {
  if (has_snapshots_) {
    for (auto& [ticker, proof] : markets_) proof = Proof::kAwaited;
    awaited_count_ = markets_.size();
    given_up_count_ = 0;
  }
  return !std::exchange(is_gap_open_, true);
}

bool FeedSubscription::OnSnapshot(std::string_view ticker) {
  const auto found = markets_.find(ticker);
  if (found == markets_.end()) return false;
  const Proof before = std::exchange(found->second, Proof::kProven);
  if (before == Proof::kGivenUp) --given_up_count_;
  if (before != Proof::kAwaited) return false;
  --awaited_count_;
  return EndGapIfProven();
}

std::vector<std::string> FeedSubscription::GiveUp() {
  std::vector<std::string> tickers = Awaited();
  for (const std::string& ticker : tickers) markets_.find(ticker)->second = Proof::kGivenUp;
  given_up_count_ += std::exchange(awaited_count_, 0);
  is_gap_open_ = false;
  return tickers;
}

bool FeedSubscription::CloseGap() { return std::exchange(is_gap_open_, false); }

bool FeedSubscription::EndGapIfProven() {
  return awaited_count_ == 0 && std::exchange(is_gap_open_, false);
}

bool FeedSubscription::IsInDoubt(std::string_view ticker) const {
  if (awaited_count_ == 0 && given_up_count_ == 0) return false;
  const auto found = markets_.find(ticker);
  return found != markets_.end() && found->second != Proof::kProven;
}

std::vector<std::string> FeedSubscription::Awaited() const {
  std::vector<std::string> tickers;
  for (const auto& [ticker, proof] : markets_) {
    if (proof == Proof::kAwaited) tickers.push_back(ticker);
  }
  std::sort(tickers.begin(), tickers.end());
  return tickers;
}

std::vector<std::string> FeedSubscription::Markets() const {
  std::vector<std::string> tickers;
  tickers.reserve(markets_.size());
  for (const auto& [ticker, proof] : markets_) tickers.push_back(ticker);
  std::sort(tickers.begin(), tickers.end());
  return tickers;
}

}  // namespace evx::kalshi_client
