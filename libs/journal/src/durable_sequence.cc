#include "evx/journal/durable_sequence.h"

#include <chrono>

#include "evx/core/check.h"

namespace evx::journal {

bool DurableSequence::WaitBeyond(SequenceNumber sequence, absl::Duration timeout) const {
  const auto beyond = [&] { return value_.load() > sequence.value(); };
  if (beyond()) return true;
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  std::unique_lock lock(mutex_);
  for (;;) {
    if (wake_above_.load() > sequence.value()) wake_above_.store(sequence.value());
    if (beyond()) return true;
    if (closed_.load()) return false;
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) return beyond();
  }
}

void DurableSequence::Advance(SequenceNumber sequence) {
  EVX_CHECK(sequence.value() >= value_.load(std::memory_order_relaxed));
  // Sequentially consistent, as the load below: a waiter that said what it waits for before this
  // store is seen here, and one that did so later sees the value.
  value_.store(sequence.value());
  if (sequence.value() <= wake_above_.load()) return;
  {
    const std::lock_guard lock(mutex_);
    wake_above_.store(kNobody);
  }
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
