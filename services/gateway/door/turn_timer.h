#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <thread>

#include "absl/base/thread_annotations.h"

namespace evx::gateway {

// Calls `on_due` once for each time it is told, on a thread of its own. Times are MonotonicNanos.
// Thread-safe.
class TurnTimer {
 public:
  explicit TurnTimer(std::function<void()> on_due);
  // on_due is not called any more when it returns.
  ~TurnTimer();
  TurnTimer(const TurnTimer&) = delete;
  TurnTimer& operator=(const TurnTimer&) = delete;

  // At `nanos`, or earlier if an earlier time was told since the last call of on_due.
  void Set(std::int64_t nanos);

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  void Run();

  const std::function<void()> on_due_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t due_ ABSL_GUARDED_BY(mutex_) = kNever;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace evx::gateway
