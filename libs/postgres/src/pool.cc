#include "evx/postgres/pool.h"

#include <chrono>

#include "absl/strings/str_format.h"
#include "evx/core/monotonic_clock.h"

namespace evx::postgres {
Pool::Pool(Options options) : options_(std::move(options)) {}

Pool::~Pool() = default;

Pool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
}

bool Pool::CanServe() const {
  return !idle_.empty() || open_count_ < options_.connection_count_max;
}

absl::StatusOr<Pool::Lease> Pool::Acquire() {
  {
    std::unique_lock lock(mutex_);
    const std::chrono::nanoseconds timeout(absl::ToInt64Nanoseconds(options_.acquire_timeout));
    if (!given_back_.wait_for(lock, timeout, [this] { return CanServe(); })) {
      return ResourceExhausted(absl::StrFormat("postgres: all %d sessions are busy for %s",
                                               options_.connection_count_max,
                                               absl::FormatDuration(options_.acquire_timeout)));
    }
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(connection));
    }
    if (MonotonicNanos() < refuse_until_ns_) return last_failure_;
    ++open_count_;
  }
  auto connection = Connection::Connect(options_.connect);
  if (connection.ok()) return Lease(*this, *std::move(connection));
  const std::lock_guard lock(mutex_);
  --open_count_;
  given_back_.notify_one();
  last_failure_ = connection.status();
  refuse_until_ns_ = MonotonicNanos() + absl::ToInt64Nanoseconds(options_.retry_interval);
  return connection.status();
}

void Pool::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (connection->is_broken()) {
    --open_count_;
  } else {
    idle_.push_back(std::move(connection));
  }
  given_back_.notify_one();
}

void Pool::DropIdle() {
  const std::lock_guard lock(mutex_);
  open_count_ -= idle_.size();
  idle_.clear();
  given_back_.notify_all();
}

}  // namespace evx::postgres
