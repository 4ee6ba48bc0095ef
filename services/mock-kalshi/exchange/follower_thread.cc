#include "exchange/follower_thread.h"

#include <chrono>
#include <utility>

#include "evx/core/backoff.h"
#include "evx/core/check.h"

namespace evx::mock_kalshi {
namespace {

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return std::chrono::nanoseconds(absl::ToInt64Nanoseconds(duration));
}

}  // namespace

FollowerThread::FollowerThread(Options options, const journal::DurableSequence& durable,
                               std::function<absl::Status()> session,
                               std::function<void(const absl::Status&)> on_failure)
    : options_(std::move(options)),
      durable_(durable),
      session_(std::move(session)),
      on_failure_(std::move(on_failure)),
      status_(options_.first_status) {}

FollowerThread::~FollowerThread() { Stop(absl::ZeroDuration()); }

void FollowerThread::Start() {
  EVX_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { Run(); });
}

void FollowerThread::Stop(absl::Duration drain) {
  if (!thread_.joinable()) return;
  if (drain > absl::ZeroDuration()) WaitForStored(durable_.Get(), drain);
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool FollowerThread::should_stop() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

absl::Status FollowerThread::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void FollowerThread::SetStatus(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
}

void FollowerThread::Publish(SequenceNumber stored) {
  {
    const std::lock_guard lock(mutex_);
    stored_.store(stored.value(), std::memory_order_release);
  }
  changed_.notify_all();
}

bool FollowerThread::WaitForStored(SequenceNumber sequence_number, absl::Duration timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, ToChrono(timeout), [&] { return stored() >= sequence_number; });
}

void FollowerThread::WaitForStop(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, ToChrono(timeout), [this] { return stop_; });
}

void FollowerThread::Run() {
  Backoff backoff(options_.retry_interval_first, options_.retry_interval_max);
  while (!should_stop()) {
    const SequenceNumber before = stored();
    const absl::Status status = session_();
    if (status.ok()) return;  // Asked to stop.
    SetStatus(status);
    if (on_failure_) on_failure_(status);
    if (stored() > before) backoff.Reset();
    WaitForStop(backoff.Next());
  }
}

}  // namespace evx::mock_kalshi
