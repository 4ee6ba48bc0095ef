#include "market_directory.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "evx/core/backoff.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/kalshi_client/kalshi_client.h"

namespace evx::market_data {
namespace {

constexpr int kPageSize = 1'000;
// Of one request, so that its line stays short.
constexpr std::size_t kTickersPerRequest = 100;
constexpr absl::Duration kRetryFirst = absl::Seconds(1);
constexpr absl::Duration kRetryMax = absl::Seconds(30);

}  // namespace

absl::StatusOr<std::set<std::string>> ListOpenMarkets(kalshi_client::KalshiClient& client,
                                                      const std::vector<std::string>& series,
                                                      const std::vector<std::string>& tickers,
                                                      std::size_t count_max) {
  kalshi::MarketsQuery query;
  query.page.limit = kPageSize;
  query.status = kalshi::MarketStatusFilter::kOpen;
  std::vector<kalshi::MarketsQuery> queries;
  for (const std::string& one : series) {
    queries.push_back(query);
    queries.back().series_ticker = one;
  }
  for (std::size_t begin = 0; begin < tickers.size(); begin += kTickersPerRequest) {
    queries.push_back(query);
    const std::size_t end = std::min(tickers.size(), begin + kTickersPerRequest);
    for (std::size_t i = begin; i < end; ++i) queries.back().tickers.push_back(tickers[i]);
  }
  if (queries.empty()) queries.push_back(query);
  std::set<std::string> markets;
  for (const kalshi::MarketsQuery& one : queries) {
    EVX_ASSIGN_OR_RETURN(auto found, client.GetAllMarkets(one, count_max));
    for (kalshi::Market& market : found) markets.insert(std::move(market.ticker));
    if (markets.size() > count_max) {
      return ResourceExhausted("more than --markets_max=" + std::to_string(count_max) +
                               " open markets");
    }
  }
  return markets;
}

MarketDirectory::MarketDirectory(Options options, Actions actions)
    : options_(options),
      actions_(std::move(actions)),
      status_(Unavailable("the list of markets was not read yet")),
      thread_([this] { Run(); }) {}

MarketDirectory::~MarketDirectory() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MarketDirectory::RefreshSoon() {
  {
    const std::lock_guard lock(mutex_);
    is_asked_ = true;
  }
  changed_.notify_all();
}

absl::Status MarketDirectory::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void MarketDirectory::Run() {
  Backoff backoff(kRetryFirst, kRetryMax);
  std::int64_t due = MonotonicNanos();
  std::int64_t next_allowed = due;
  const auto nanos = [](absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); };
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    changed_.wait_for(lock, std::chrono::nanoseconds(nanos(options_.tick)),
                      [this] { return is_stopping_; });
    if (is_stopping_) return;
    const bool was_asked = std::exchange(is_asked_, false);
    lock.unlock();
    if (actions_.must_ask() || was_asked) due = std::min(due, next_allowed);
    const std::int64_t now = MonotonicNanos();
    if (now >= due) {
      const absl::Status status = Refresh();
      actions_.on_listed(status);
      if (status.ok()) {
        is_known_ = true;
        backoff.Reset();
      }
      due = MonotonicNanos() + nanos(status.ok() ? options_.interval : backoff.Next());
      next_allowed = MonotonicNanos() + nanos(options_.pause);
      lock.lock();
      status_ = status;
    } else {
      lock.lock();
    }
  }
}

absl::Status MarketDirectory::Refresh() {
  EVX_ASSIGN_OR_RETURN(std::set<std::string> found, actions_.list());
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::set_difference(found.begin(), found.end(), markets_.begin(), markets_.end(),
                      std::back_inserter(added));
  std::set_difference(markets_.begin(), markets_.end(), found.begin(), found.end(),
                      std::back_inserter(removed));
  if (!added.empty() || !removed.empty()) EVX_RETURN_IF_ERROR(actions_.change(added, removed));
  markets_ = std::move(found);
  return absl::OkStatus();
}

}  // namespace evx::market_data
