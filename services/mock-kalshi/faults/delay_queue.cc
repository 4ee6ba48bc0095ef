#include "faults/delay_queue.h"

namespace evx::mock_kalshi {

void DelayQueue::Post(absl::Duration delay, Work work) {
  if (delay <= absl::ZeroDuration()) return work();
  std::unique_lock lock(mutex_);
  if (stopped_ || work_.size() >= kSizeMax) {
    lock.unlock();
    work();
    return;
  }
  const auto due = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
  work_.emplace(Due{due, next_++}, std::move(work));
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_one();
}

void DelayQueue::Stop() {
  std::map<Due, Work> rest;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    rest.swap(work_);
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  for (auto& [due, work] : rest) work();
}

void DelayQueue::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (work_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = work_.begin();
    if (first->first.first > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, first->first.first);
      continue;
    }
    Work work = std::move(first->second);
    work_.erase(first);
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace evx::mock_kalshi
