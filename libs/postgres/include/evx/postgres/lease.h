#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/postgres/connection.h"

// Which of several processes does what only one of them may do, decided by a row of PostgreSQL.
//
// The row names a holder, until when, and an epoch that rises with each new holding; the clock is
// the database's alone. Of two holders the second begins when the first one's time is over, by that
// clock. A process cannot know that it still holds what it held a moment ago: it may have been
// stopped since. So whatever must not be done twice needs a fence of its own where it is done (a
// Kafka transactional.id, or `epoch` checked by whoever is written to); the lease says who should.
//
// The table, in the schema of the service that owns it:
//
//   CREATE TABLE <schema>.leases (
//     resource TEXT PRIMARY KEY,
//     holder TEXT NOT NULL,
//     epoch BIGINT NOT NULL,
//     expires_time TIMESTAMPTZ NOT NULL,
//     waiting_until TIMESTAMPTZ NOT NULL);

namespace evx::postgres {

struct LeaseOptions {
  ConnectOptions connect;  // Its time limits are cut to `length`.
  std::string table;       // "market_data.leases"; part of the SQL, so never from outside.
  std::string resource;
  // Unique: two runs of one program differ.
  std::string holder;
  // How long a holding lasts that is not renewed.
  absl::Duration length = absl::Seconds(2);
  // Between renewals; at most half of the length.
  absl::Duration renew_interval = absl::Milliseconds(400);
  // Between two looks of one that waits: a read of one row.
  absl::Duration poll_interval = absl::Milliseconds(100);
  // Run on each new session before anything else, to make the table. An error is tried again.
  std::function<absl::Status(Connection&)> prepare;
};

// What is known at one moment. Times are MonotonicNanos of this process; 0: never.
struct LeaseView {
  // By the last answer of the database. Stays when the database cannot be asked.
  bool is_ours = false;
  // Of the holding that is, or was last, ours; 0: none yet.
  std::int64_t epoch = 0;
  // When the question was put that was answered by "ours" last.
  std::int64_t confirmed = 0;
  // Until when nobody else can have it. Passes while the database cannot be asked. Counted on a
  // clock that goes on while the process is stopped, but not while the machine sleeps.
  std::int64_t valid_until = 0;
  // Who has it, or had it last; empty: nobody yet.
  std::string holder;
  // When another one was last seen to hold it.
  std::int64_t other_seen = 0;
  // Since when nobody holds it; 0: somebody does.
  std::int64_t free_since = 0;
  // Somebody else waits for it and could take it.
  bool has_waiting = false;
  // Why the database cannot be asked.
  absl::Status database;

  // Ours, and nobody else can have it at this moment.
  bool is_held() const;
};

// Takes part in a lease on a thread of its own, until it goes. Thread-safe.
class Lease {
 public:
  // INVALID_ARGUMENT: the lengths. The database may be away: view() says so, and it is tried again.
  static absl::StatusOr<std::unique_ptr<Lease>> Start(LeaseOptions options);
  // Releases it.
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Only who is willing takes it, and counts as waiting. Not willing at the start. What is held
  // stays held.
  void SetWilling(bool is_willing);
  // Gives it back, if it is ours, and is no longer willing; the next one has it at once. Waits for
  // the database, for no longer than the length.
  void Release();

  LeaseView view() const;

 private:
  explicit Lease(LeaseOptions options);

  void Run();
  // One exchange with the database; how long until the next one.
  absl::StatusOr<absl::Duration> Step();
  absl::Status Open();
  absl::StatusOr<bool> Renew();
  absl::StatusOr<bool> Take();
  // What is left of another one's holding; negative: it is over, or there never was one.
  absl::StatusOr<absl::Duration> Look();
  absl::Status Wait();
  absl::Status GiveBack();
  void SetHeld(std::int64_t asked, std::int64_t epoch, bool has_waiting);
  void SetLost();

  const LeaseOptions options_;

  // Of the thread.
  std::unique_ptr<Connection> connection_;
  bool was_connected_ = false;
  // Who comes back after an outage leaves the holder, who had the same one, the time to renew.
  std::int64_t take_after_ = 0;
  std::int64_t next_wait_ = 0;
  std::int64_t epoch_ = 0;
  bool is_ours_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  LeaseView view_ ABSL_GUARDED_BY(mutex_);
  bool is_willing_ ABSL_GUARDED_BY(mutex_) = false;
  bool must_release_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace evx::postgres
