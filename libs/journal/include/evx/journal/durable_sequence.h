#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"
#include "evx/core/ids.h"

namespace evx::journal {

// The highest sequence number that is on disk, with a wait for more. Written by the journal
// writer, read by followers. Thread-safe; Get is one load, and Advance costs no system call while
// nobody waits.
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
  std::atomic<std::uint64_t> value_;
  std::atomic<bool> closed_ = false;
  mutable std::atomic<int> waiter_count_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace evx::journal
