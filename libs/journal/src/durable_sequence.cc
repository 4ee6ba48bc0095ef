#include "evx/journal/durable_sequence.h"

#include <chrono>

#include "evx/core/check.h"

namespace evx::journal {

bool DurableSequence::WaitBeyond(SequenceNumber sequence, absl::Duration timeout) const {
  const auto beyond = [&] { return value_.load() > sequence.value(); };
  if (beyond()) return true;
  waiter_count_.fetch_add(1);
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                      [&] { return beyond() || closed_.load(); });
  }
  waiter_count_.fetch_sub(1);
  return beyond();
}

void DurableSequence::Advance(SequenceNumber sequence) {
  EVX_CHECK(sequence.value() >= value_.load(std::memory_order_relaxed));
  // Sequentially consistent, as the count below: a waiter that counted itself before this store
  // is seen here, and one that did so later sees the value.
  value_.store(sequence.value());
  if (waiter_count_.load() == 0) return;
  { const std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

void DurableSequence::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_.store(true);
  }
  changed_.notify_all();
}

}  // namespace evx::journal
