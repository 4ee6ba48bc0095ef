#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

// The errors that were told last, for people: evx.errors.v1 has all of them, but only while Kafka
// is there. Thread-safe. Memory: at most 5 MiB.
class RecentErrors {
 public:
  static constexpr std::size_t kCountMax = 1'000;
  // Of a payload so much is kept.
  static constexpr std::size_t kPayloadSizeMax = 4'096;

  void Add(const marketdata::v1::ErrorMessage& error);
  // The newest first.
  std::vector<marketdata::v1::ErrorMessage> List(std::size_t count_max) const;

 private:
  mutable std::mutex mutex_;
  std::deque<marketdata::v1::ErrorMessage> errors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::market_data
