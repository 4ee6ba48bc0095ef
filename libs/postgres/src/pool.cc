#include "evx/postgres/pool.h"

#include <chrono>

#include "absl/strings/str_format.h"

namespace evx::postgres {
namespace {

std::int64_t MonotonicNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Pool::Pool(Options options) : options_(std::move(options)) {}

Pool::~Pool() {
  absl::MutexLock lock(&mutex_);
  idle_.clear();
}

Pool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
}

bool Pool::CanServe() const {
  return !idle_.empty() || open_count_ < options_.connection_count_max;
}

absl::StatusOr<Pool::Lease> Pool::Acquire() {
  {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &Pool::CanServe),
                                 options_.acquire_timeout)) {
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
  absl::MutexLock lock(&mutex_);
  --open_count_;
  last_failure_ = connection.status();
  refuse_until_ns_ = MonotonicNanos() + absl::ToInt64Nanoseconds(options_.retry_interval);
  return connection.status();
}

void Pool::GiveBack(std::unique_ptr<Connection> connection) {
  absl::MutexLock lock(&mutex_);
  if (connection->is_broken()) {
    --open_count_;
  } else {
    idle_.push_back(std::move(connection));
  }
}

void Pool::DropIdle() {
  absl::MutexLock lock(&mutex_);
  open_count_ -= idle_.size();
  idle_.clear();
}

}  // namespace evx::postgres
