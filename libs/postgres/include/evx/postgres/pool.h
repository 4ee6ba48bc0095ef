#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/status.h"
#include "evx/postgres/connection.h"
#include "evx/postgres/errors.h"

namespace evx::postgres {

// A bounded set of sessions for readers on many threads. Thread-safe.
//
// Sessions are opened when they are needed and kept. When PostgreSQL cannot be reached, callers are
// refused at once with the reason for `retry_interval`, instead of each waiting for its own
// connect to fail.
class Pool {
 public:
  struct Options {
    ConnectOptions connect;
    std::size_t connection_count_max = 4;
    // How long Acquire waits for a session of somebody else; then RESOURCE_EXHAUSTED.
    absl::Duration acquire_timeout = absl::Seconds(5);
    absl::Duration retry_interval = absl::Milliseconds(500);
  };

  // A session on loan. Goes back when this goes away; a broken one is closed instead.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    ~Lease();
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  explicit Pool(Options options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  absl::StatusOr<Lease> Acquire();

  // Calls `read`, which takes a Connection& and returns an absl::StatusOr, once; and once more on a
  // fresh session when the first one turns out to be lost, as every kept one is after a restart of
  // the server. `read` must be harmless to repeat.
  template <class Read>
  auto Run(Read&& read) -> decltype(read(std::declval<Connection&>())) {
    for (bool is_first = true;; is_first = false) {
      EVX_ASSIGN_OR_RETURN(Lease lease, Acquire());
      auto result = read(*lease);
      if (result.ok() || !is_first || !absl::IsUnavailable(result.status())) return result;
      DropIdle();
    }
  }

 private:
  void GiveBack(std::unique_ptr<Connection> connection);
  void DropIdle();
  // With the lock held.
  bool CanServe() const;

  const Options options_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t open_count_ = 0;  // Idle, on loan, or being opened.
  absl::Status last_failure_;
  std::int64_t refuse_until_ns_ = 0;  // Monotonic.
};

}  // namespace evx::postgres
