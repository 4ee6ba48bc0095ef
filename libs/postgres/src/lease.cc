#include "evx/postgres/lease.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"

namespace evx::postgres {
namespace {

ConnectOptions Limited(ConnectOptions connect, absl::Duration length) {
  connect.connect_timeout = std::min(connect.connect_timeout, length);
  connect.call_timeout = std::min(connect.call_timeout, length);
  return connect;
}

std::string Until(const char* parameter) {
  return std::string("clock_timestamp() + ") + parameter + "::bigint * interval '1 microsecond'";
}

}  // namespace

bool LeaseView::is_held() const { return is_ours && MonotonicNanos() < valid_until; }

absl::StatusOr<std::unique_ptr<Lease>> Lease::Start(LeaseOptions options) {
  if (options.renew_interval <= absl::ZeroDuration() ||
      options.poll_interval <= absl::ZeroDuration() ||
      2 * options.renew_interval > options.length) {
    return InvalidArgument("a lease of " + absl::FormatDuration(options.length) +
                           " must be renewed at least twice in that time, not every " +
                           absl::FormatDuration(options.renew_interval));
  }
  options.connect = Limited(std::move(options.connect), options.length);
  std::unique_ptr<Lease> lease(new Lease(std::move(options)));
  lease->thread_ = std::thread([&lease = *lease] { lease.Run(); });
  return lease;
}

Lease::Lease(LeaseOptions options) : options_(std::move(options)) {
  view_.database = Unavailable("postgres: not connected yet");
}

Lease::~Lease() {
  {
    const std::lock_guard lock(mutex_);
    is_willing_ = false;
    must_release_ = true;
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Lease::SetWilling(bool is_willing) {
  {
    const std::lock_guard lock(mutex_);
    if (is_willing_ == is_willing) return;
    is_willing_ = is_willing;
    is_woken_ = true;
  }
  changed_.notify_all();
}

void Lease::Release() {
  std::unique_lock lock(mutex_);
  is_willing_ = false;
  must_release_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(options_.length)),
                    [this] { return !must_release_; });
}

LeaseView Lease::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void Lease::Run() {
  while (true) {
    const absl::StatusOr<absl::Duration> next = Step();
    if (!next.ok() && connection_ != nullptr && connection_->is_broken()) connection_.reset();
    std::unique_lock lock(mutex_);
    view_.database = next.status();
    if (must_release_ && (!is_ours_ || is_stopping_)) {
      must_release_ = false;
      changed_.notify_all();
    }
    if (is_stopping_) return;
    const absl::Duration wait = next.ok() ? *next : options_.poll_interval;
    changed_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(wait)),
                      [this] { return is_stopping_ || must_release_ || is_woken_; });
    is_woken_ = false;
  }
}

absl::StatusOr<absl::Duration> Lease::Step() {
  bool is_willing = false;
  bool must_release = false;
  {
    const std::lock_guard lock(mutex_);
    is_willing = is_willing_;
    must_release = must_release_;
  }
  if (must_release && !is_ours_) return options_.poll_interval;
  if (connection_ == nullptr) EVX_RETURN_IF_ERROR(Open());
  if (must_release) {
    EVX_RETURN_IF_ERROR(GiveBack());
    return options_.poll_interval;
  }
  if (is_ours_) {
    EVX_ASSIGN_OR_RETURN(const bool is_renewed, Renew());
    if (is_renewed) return options_.renew_interval;
    SetLost();
  }
  EVX_ASSIGN_OR_RETURN(const absl::Duration left, Look());
  if (!is_willing) return options_.poll_interval;
  if (left <= absl::ZeroDuration() && MonotonicNanos() >= take_after_) {
    EVX_ASSIGN_OR_RETURN(const bool is_taken, Take());
    if (is_taken) return options_.renew_interval;
  }
  if (MonotonicNanos() >= next_wait_) EVX_RETURN_IF_ERROR(Wait());
  return left > absl::ZeroDuration() ? std::min(left, options_.poll_interval)
                                     : options_.poll_interval;
}

absl::Status Lease::Open() {
  EVX_ASSIGN_OR_RETURN(auto connection, Connection::Connect(options_.connect));
  if (options_.prepare) EVX_RETURN_IF_ERROR(options_.prepare(*connection));
  connection_ = std::move(connection);
  const bool is_again = std::exchange(was_connected_, true);
  if (is_again) take_after_ = MonotonicNanos() + absl::ToInt64Nanoseconds(options_.length);
  return absl::OkStatus();
}

absl::StatusOr<bool> Lease::Renew() {
  const std::int64_t asked = MonotonicNanos();
  EVX_ASSIGN_OR_RETURN(
      const Result result,
      connection_->Query("UPDATE " + options_.table + " SET expires_time = " + Until("$4") +
                             " WHERE resource = $1 AND holder = $2 AND epoch = $3::bigint"
                             " RETURNING waiting_until > clock_timestamp()",
                         Parameters()
                             .Add(options_.resource)
                             .Add(options_.holder)
                             .Add(epoch_)
                             .Add(absl::ToInt64Microseconds(options_.length))));
  if (result.row_count() == 0) return false;
  SetHeld(asked, epoch_, result.Bool(0, 0));
  return true;
}

absl::StatusOr<bool> Lease::Take() {
  const std::int64_t asked = MonotonicNanos();
  // A row of this holder is of a Take whose answer was lost.
  EVX_ASSIGN_OR_RETURN(
      const Result result,
      connection_->Query(
          "INSERT INTO " + options_.table +
              " AS l (resource, holder, epoch, expires_time, waiting_until) VALUES ($1, $2, 1, " +
              Until("$3") +
              ", '-infinity') ON CONFLICT (resource) DO UPDATE SET holder = $2,"
              " epoch = l.epoch + 1, expires_time = " +
              Until("$3") +
              ", waiting_until = '-infinity'"
              " WHERE l.expires_time <= clock_timestamp() OR l.holder = $2"
              " RETURNING epoch",
          Parameters()
              .Add(options_.resource)
              .Add(options_.holder)
              .Add(absl::ToInt64Microseconds(options_.length))));
  if (result.row_count() == 0) return false;
  const std::optional<std::int64_t> epoch = result.Integer(0, 0);
  if (!epoch) return Internal("postgres: a lease without an epoch");
  SetHeld(asked, *epoch, false);
  return true;
}

absl::StatusOr<absl::Duration> Lease::Look() {
  EVX_ASSIGN_OR_RETURN(
      const Result result,
      connection_->Query("SELECT holder, (extract(epoch FROM expires_time - clock_timestamp())"
                         " * 1000000)::bigint FROM " +
                             options_.table + " WHERE resource = $1",
                         Parameters().Add(options_.resource)));
  const bool is_known = result.row_count() > 0;
  const absl::Duration left =
      is_known ? absl::Microseconds(result.Integer(0, 1).value_or(0)) : -absl::Seconds(1);
  const std::int64_t now = MonotonicNanos();
  const std::lock_guard lock(mutex_);
  if (is_known) view_.holder = std::string(result.Text(0, 0));
  if (left > absl::ZeroDuration()) {
    view_.free_since = 0;
    view_.other_seen = now;
  } else if (view_.free_since == 0) {
    view_.free_since = now;
  }
  return left;
}

absl::Status Lease::Wait() {
  next_wait_ = MonotonicNanos() + absl::ToInt64Nanoseconds(options_.renew_interval);
  return connection_
      ->Query("UPDATE " + options_.table + " SET waiting_until = " + Until("$3") +
                  " WHERE resource = $1 AND holder <> $2",
              Parameters()
                  .Add(options_.resource)
                  .Add(options_.holder)
                  .Add(absl::ToInt64Microseconds(options_.length)))
      .status();
}

absl::Status Lease::GiveBack() {
  EVX_RETURN_IF_ERROR(
      connection_
          ->Query("UPDATE " + options_.table +
                      " SET expires_time = clock_timestamp()"
                      " WHERE resource = $1 AND holder = $2 AND epoch = $3::bigint",
                  Parameters().Add(options_.resource).Add(options_.holder).Add(epoch_))
          .status());
  SetLost();
  return absl::OkStatus();
}

void Lease::SetHeld(std::int64_t asked, std::int64_t epoch, bool has_waiting) {
  epoch_ = epoch;
  is_ours_ = true;
  const std::lock_guard lock(mutex_);
  view_.is_ours = true;
  view_.epoch = epoch;
  view_.confirmed = asked;
  view_.valid_until = asked + absl::ToInt64Nanoseconds(options_.length);
  view_.holder = options_.holder;
  view_.free_since = 0;
  view_.has_waiting = has_waiting;
}

void Lease::SetLost() {
  is_ours_ = false;
  const std::lock_guard lock(mutex_);
  view_.is_ours = false;
  view_.has_waiting = false;
}

}  // namespace evx::postgres
