#include "door/turn_timer.h"

#include <chrono>
#include <utility>

#include "evx/core/monotonic_clock.h"

namespace evx::gateway {

TurnTimer::TurnTimer(std::function<void()> on_due)
    : on_due_(std::move(on_due)), thread_([this] { Run(); }) {}

TurnTimer::~TurnTimer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void TurnTimer::Set(std::int64_t nanos) {
  {
    const std::lock_guard lock(mutex_);
    if (nanos >= due_) return;
    due_ = nanos;
  }
  changed_.notify_one();
}

void TurnTimer::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    const std::int64_t wait = due_ == kNever ? kNever : due_ - MonotonicNanos();
    if (wait == kNever) {
      changed_.wait(lock);
    } else if (wait > 0) {
      changed_.wait_for(lock, std::chrono::nanoseconds(wait));
    } else {
      due_ = kNever;
      lock.unlock();
      on_due_();
      lock.lock();
    }
  }
}

}  // namespace evx::gateway
