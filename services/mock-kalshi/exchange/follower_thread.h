#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"

namespace evx::mock_kalshi {

// The life of a follower of the journal: a thread that runs sessions with what it fills, one after
// the other with growing pauses, for as long as it takes; how far it has come; and an orderly end.
// Nothing of it is on the order path.
class FollowerThread {
 public:
  struct Options {
    absl::Duration retry_interval_first = absl::Milliseconds(100);
    absl::Duration retry_interval_max = absl::Seconds(5);
    // Until the first session works.
    absl::Status first_status;
  };

  // `session` follows until should_stop() (OK) or until something fails; `on_failure` (may be
  // empty) learns of each failed one. Both are called on the thread. References must outlive this.
  FollowerThread(Options options, const journal::DurableSequence& durable,
                 std::function<absl::Status()> session,
                 std::function<void(const absl::Status&)> on_failure);
  ~FollowerThread();
  FollowerThread(const FollowerThread&) = delete;
  FollowerThread& operator=(const FollowerThread&) = delete;

  void Start();
  // Goes on for at most `drain` until everything durable is stored, then stops.
  void Stop(absl::Duration drain);

  // Any thread.
  SequenceNumber stored() const { return SequenceNumber(stored_.load(std::memory_order_acquire)); }
  std::uint64_t lag() const { return durable_.Get().value() - stored().value(); }
  absl::Status status() const;
  bool WaitForStored(SequenceNumber sequence_number, absl::Duration timeout) const;
  bool should_stop() const;

  // For the session. Everything up to a record is stored where the follower stores.
  void Publish(SequenceNumber stored);
  void SetStatus(const absl::Status& status);
  // Waits until a stop is asked for, or the time is over.
  void WaitForStop(absl::Duration timeout);

 private:
  void Run();

  const Options options_;
  const journal::DurableSequence& durable_;
  const std::function<absl::Status()> session_;
  const std::function<void(const absl::Status&)> on_failure_;

  std::atomic<std::uint64_t> stored_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  absl::Status status_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace evx::mock_kalshi
