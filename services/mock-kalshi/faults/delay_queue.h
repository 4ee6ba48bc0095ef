#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace evx::mock_kalshi {

// Runs work later, on one thread of its own that exists from the first use on. Work that is due at
// the same time runs in the order in which it was posted. Wall time, not exchange time.
// Thread-safe.
class DelayQueue {
 public:
  using Work = absl::AnyInvocable<void()>;
  // Beyond this the new work runs at once.
  static constexpr std::size_t kSizeMax = 65'536;

  DelayQueue() = default;
  ~DelayQueue() { Stop(); }
  DelayQueue(const DelayQueue&) = delete;
  DelayQueue& operator=(const DelayQueue&) = delete;

  // Never waits; after Stop, and without a delay, the work runs in the call.
  void Post(absl::Duration delay, Work work);
  // Runs at once, on the calling thread, what still waits; what is posted later does not wait.
  void Stop();

 private:
  using Due = std::pair<std::chrono::steady_clock::time_point, std::uint64_t>;

  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Due, Work> work_;
  std::uint64_t next_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace evx::mock_kalshi
