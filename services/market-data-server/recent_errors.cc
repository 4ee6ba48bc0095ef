#include "recent_errors.h"

#include <algorithm>
#include <utility>

namespace evx::market_data {

void RecentErrors::Add(const marketdata::v1::ErrorMessage& error) {
  marketdata::v1::ErrorMessage kept = error;
  if (kept.payload().size() > kPayloadSizeMax) kept.mutable_payload()->resize(kPayloadSizeMax);
  const std::lock_guard lock(mutex_);
  if (errors_.size() == kCountMax) errors_.pop_front();
  errors_.push_back(std::move(kept));
}

std::vector<marketdata::v1::ErrorMessage> RecentErrors::List(std::size_t count_max) const {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(count_max, errors_.size());
  return {errors_.rbegin(), errors_.rbegin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace evx::market_data
