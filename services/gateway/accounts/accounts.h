#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "accounts/audit_log.h"
#include "accounts/login_limiter.h"
#include "accounts/password.h"
#include "accounts/sessions.h"
#include "accounts/start_link.h"
#include "accounts/users.h"
#include "evx/core/clock.h"
#include "evx/postgres/pool.h"

namespace evx::gateway {

// Users, sessions, links and the audit log as one part of the process.
//
// PostgreSQL may be away at the start: a thread makes the tables, the first administrator and the
// start link as soon as it can, and replaces a start link that nobody used until it expired.
// Thread-safe.
class Accounts {
 public:
  struct Options {
    postgres::Pool::Options postgres;
    Sessions::Options sessions;
    std::string data_dir;
    std::string first_admin = "admin";
    absl::Duration link_lifetime = absl::Hours(24);
    PasswordCost password_cost;
    absl::Duration retry_interval = absl::Seconds(1);
    // The file of the start link holds an expired one for no longer; with shorter links, for the
    // lifetime of one.
    absl::Duration link_check_interval = absl::Minutes(1);
  };

  // `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<Accounts>> Start(Options options, const Clock& clock);
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  Users& users() { return users_; }
  Sessions& sessions() { return sessions_; }
  AuditLog& audit() { return *audit_; }
  const Sessions& sessions() const { return sessions_; }
  const AuditLog& audit() const { return *audit_; }
  LoginLimiter& limiter() { return limiter_; }
  const Clock& clock() const { return clock_; }
  absl::Duration link_lifetime() const { return options_.link_lifetime; }
  absl::Duration session_lifetime() const { return options_.sessions.lifetime; }

  // A new start link when the last one was used; one that has expired is replaced by itself. At
  // once on the thread.
  void WantStartLink();
  // Links were ended: if the start link is one of them, another takes its place.
  void MendStartLink();
  // What scripts/up prints must not be a link that was used.
  void ForgetStartLink(std::string_view token);

  // Why PostgreSQL has not what is needed; OK: it has.
  absl::Status status() const;

 private:
  Accounts(Options options, const Clock& clock);
  void Run();
  absl::Status Prepare();
  bool HasStartLink() const;

  const Options options_;
  const StartLinkOptions start_link_;
  const Clock& clock_;
  const PasswordHasher hasher_;
  postgres::Pool pool_;
  Users users_;
  LoginLimiter limiter_;
  Sessions sessions_;
  std::unique_ptr<AuditLog> audit_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_link_wanted_ ABSL_GUARDED_BY(mutex_) = true;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace evx::gateway
