#include "accounts/accounts.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "accounts/secrets.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {

absl::StatusOr<std::unique_ptr<Accounts>> Accounts::Start(Options options, const Clock& clock) {
  EVX_RETURN_IF_ERROR(MakeSecretDirectory(options.data_dir));
  std::unique_ptr<Accounts> accounts(new Accounts(std::move(options), clock));
  AuditLog::Options audit;
  audit.spool_file = accounts->options_.data_dir + "/audit.spool";
  audit.prepare = [users = &accounts->users_] { return users->Migrate(); };
  EVX_ASSIGN_OR_RETURN(accounts->audit_, AuditLog::Open(std::move(audit), accounts->pool_));
  accounts->thread_ = std::thread([accounts = accounts.get()] { accounts->Run(); });
  return accounts;
}

Accounts::Accounts(Options options, const Clock& clock)
    : options_(std::move(options)),
      start_link_{options_.data_dir + "/start_link", options_.first_admin, options_.link_lifetime},
      clock_(clock),
      hasher_(options_.password_cost),
      pool_(options_.postgres),
      users_(pool_, hasher_, clock),
      sessions_(options_.sessions, clock),
      status_(Unavailable("PostgreSQL was not asked yet")) {}

Accounts::~Accounts() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status Accounts::Prepare() {
  EVX_RETURN_IF_ERROR(users_.Migrate());
  return PrepareStartLink(users_, start_link_);
}

void Accounts::Run() {
  const auto pause = absl::ToChronoNanoseconds(options_.retry_interval);
  const auto check_interval =
      absl::ToChronoNanoseconds(std::min(options_.link_check_interval, options_.link_lifetime));
  bool was_told = false;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, check_interval, [this] { return is_stopped_ || is_link_wanted_; });
    if (is_stopped_) return;
    if (!std::exchange(is_link_wanted_, false) && !HasStartLink()) continue;
    lock.unlock();
    const absl::Status status = Prepare();
    if (!status.ok() && !was_told) {
      telemetry::Log(telemetry::kWarning, "The users' tables are not ready.", {{"status", status}});
      was_told = true;
    }
    lock.lock();
    status_ = status;
    if (status.ok()) continue;
    is_link_wanted_ = true;
    changed_.wait_for(lock, pause, [this] { return is_stopped_; });
  }
}

void Accounts::WantStartLink() {
  {
    const std::lock_guard lock(mutex_);
    is_link_wanted_ = true;
  }
  changed_.notify_all();
}

bool Accounts::HasStartLink() const { return ::access(start_link_.file.c_str(), F_OK) == 0; }

void Accounts::MendStartLink() {
  if (HasStartLink()) WantStartLink();
}

void Accounts::ForgetStartLink(std::string_view token) {
  gateway::ForgetStartLink(start_link_, token);
}

absl::Status Accounts::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace evx::gateway
