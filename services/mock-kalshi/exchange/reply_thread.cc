#include "exchange/reply_thread.h"

#include <utility>

namespace evx::mock_kalshi {

ReplyThread::ReplyThread() : thread_([this] { Run(); }) {}

ReplyThread::~ReplyThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void ReplyThread::Post(Work work) {
  const std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  if (work_.size() == 1) changed_.notify_one();
}

void ReplyThread::Run() {
  std::vector<Work> batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !work_.empty() || stopping_; });
    if (work_.empty()) return;
    batch.swap(work_);
    lock.unlock();
    for (Work& work : batch) work();
    batch.clear();
    lock.lock();
  }
}

}  // namespace evx::mock_kalshi
