#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>

#include "absl/time/time.h"
#include "evx/core/ids.h"

namespace evx::journal {

// The highest sequence number that is on disk, with a wait for more. Written by the journal
// writer, read by followers. Thread-safe; Get is one load, and Advance costs no system call while
// nobody waits for what it brings.
class DurableSequence {
 public:
  explicit DurableSequence(SequenceNumber start = SequenceNumber(0)) : value_(start.value()) {}

  SequenceNumber Get() const { return SequenceNumber(value_.load(std::memory_order_acquire)); }

  // Waits until the value is above `sequence`, the journal is closed or `timeout` has passed.
  // True when the value is above.
  bool WaitBeyond(SequenceNumber sequence, absl::Duration timeout) const;
  bool closed() const { return closed_.load(std::memory_order_acquire); }

  // For the writer: never goes back.
  void Advance(SequenceNumber sequence);
  // Wakes every waiter for good.
  void Close();

 private:
  static constexpr std::uint64_t kNobody = std::numeric_limits<std::uint64_t>::max();

  std::atomic<std::uint64_t> value_;
  std::atomic<bool> closed_ = false;
  // The lowest that anybody waits to be passed. Lowered under the mutex by who waits, reset by the
  // writer, which wakes everybody: those that wait for more lower it again.
  mutable std::atomic<std::uint64_t> wake_above_ = kNobody;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace evx::journal
