#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace evx::gateway {

// Work that may wait for others, off the I/O thread. Thread-safe.
class WorkQueue {
 public:
  struct Options {
    int thread_count = 1;
    std::size_t waiting_max = 64;
  };

  explicit WorkQueue(Options options);
  // Waits for the work under way; what waits is destroyed undone.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // False: `waiting_max` wait, and it is not done.
  bool Add(std::function<void()> work);

 private:
  void Run();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace evx::gateway
