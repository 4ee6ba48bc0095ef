#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace evx::mock_kalshi {

// One thread that starts the writes of gRPC answers and streams, so that the step that releases
// records never does work of gRPC's. What is posted is bounded by what is under way: at most one
// entry for each open call and stream. Thread-safe.
class ReplyThread {
 public:
  using Work = absl::AnyInvocable<void()>;

  ReplyThread();
  // Runs what was posted, then ends.
  ~ReplyThread();

  void Post(Work work);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Work> work_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace evx::mock_kalshi
