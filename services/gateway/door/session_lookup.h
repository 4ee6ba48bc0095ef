#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "accounts/session.h"

namespace evx::gateway {

// Asks for sessions on a thread of its own, because that may wait for Redis. Thread-safe.
class SessionLookup {
 public:
  using Find = std::function<absl::StatusOr<Session>(std::string_view token)>;
  using Done = std::function<void(absl::StatusOr<Session> session)>;
  static constexpr std::size_t kWaitingMax = 1'000;

  explicit SessionLookup(Find find);
  // Those who wait are told CANCELLED.
  ~SessionLookup();
  SessionLookup(const SessionLookup&) = delete;
  SessionLookup& operator=(const SessionLookup&) = delete;

  // Calls `done` on the thread. False: too many wait, and it is not called.
  bool Ask(std::string token, Done done);

 private:
  struct Question {
    std::string token;
    Done done;
  };
  void Run();

  const Find find_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace evx::gateway
