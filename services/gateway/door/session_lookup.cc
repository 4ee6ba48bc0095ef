#include "door/session_lookup.h"

#include <utility>

#include "absl/status/status.h"

namespace evx::gateway {

SessionLookup::SessionLookup(Find find) : find_(std::move(find)), thread_([this] { Run(); }) {}

SessionLookup::~SessionLookup() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (Question& question : waiting_) question.done(absl::CancelledError("stopping"));
}

bool SessionLookup::Ask(std::string token, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopped_ || waiting_.size() >= kWaitingMax) return false;
    waiting_.push_back({std::move(token), std::move(done)});
  }
  changed_.notify_one();
  return true;
}

void SessionLookup::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopped_ || !waiting_.empty(); });
    if (is_stopped_) return;
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    question.done(find_(question.token));
    lock.lock();
  }
}

}  // namespace evx::gateway
