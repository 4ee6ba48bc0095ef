#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "accounts/session.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/postgres/pool.h"

namespace evx::gateway {

// Something that a user did, with its end. The texts hold no secrets.
struct AuditEntry {
  Timestamp time;            // When it was asked for.
  std::int64_t user_id = 0;  // 0: nobody who is known (a sign-in that failed).
  std::string user_name;
  std::string session_id;
  std::string remote_address;
  // What, in the words of the wire: "CreateOrder", "SignIn", "CallOperator/DetermineMarket".
  std::string action;
  // Unique among the entries of the user; empty: the action has none.
  std::string command_id;
  // What exactly: one JSON object. At most kDetailBytesMax.
  std::string detail_json;
  // Stable name of the rule that refused it; empty: it was done.
  std::string refusal_reason;
  // The answer as it was sent, so that a repeated command gets it again: a serialized
  // evx.gateway.v1.CommandResult, or empty. At most AuditLog::kResultBytesMax.
  std::string result;
};

// The table gateway.audit, written behind the back of whoever does something.
//
// What Write accepts stands in PostgreSQL within milliseconds; while PostgreSQL is away it waits
// here, in order, and is stored when it is back. `waiting_max` entries or kWaitingBytesMax bytes
// wait at most: then CanWrite says RESOURCE_EXHAUSTED, and whoever acts must refuse to act. What
// waits is also in <spool_file>, which survives a kill of the process and is stored at the next
// start.
//
// An entry whose (user_id, command_id) is there already changes nothing: the first one counts.
//
// Thread-safe.
class AuditLog {
 public:
  static constexpr std::size_t kWaitingMax = 50'000;
  static constexpr std::size_t kWaitingBytesMax = 64 << 20;
  static constexpr std::size_t kDetailBytesMax = 64 * 1024;
  static constexpr std::size_t kResultBytesMax = 256 * 1024;
  static constexpr int kRecentMax = 1'000;
  // Places that only what has begun already may take.
  static constexpr std::size_t kReserve = 1'000;
  // Rows of one transaction.
  static constexpr std::size_t kBatchMax = 500;

  struct Options {
    std::string spool_file;  // <data_dir>/audit.spool
    std::size_t waiting_max = kWaitingMax;
    absl::Duration retry_interval = absl::Milliseconds(200);
    // Makes the table (Users::Migrate); on the log's thread, until it succeeds.
    std::function<absl::Status()> prepare;
  };

  // Takes up what the last run left in the spool file. `pool` must outlive it.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(Options options, postgres::Pool& pool);
  // Stores what waits if PostgreSQL is there; what is left stays in the spool file.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Never waits for PostgreSQL. INVALID_ARGUMENT: an entry that is too long. RESOURCE_EXHAUSTED
  // says that the log is full; UNAVAILABLE, that the spool file cannot be written.
  absl::Status Write(AuditEntry entry);
  // Whether something may be done that must be written: RESOURCE_EXHAUSTED a little earlier than of
  // Write, so that the end of what has begun still has a place.
  absl::Status CanWrite() const;

  // What became of a command, from what waits and from PostgreSQL, for which it waits; nothing:
  // there was none. UNAVAILABLE: it does not wait here and PostgreSQL cannot be asked.
  absl::StatusOr<std::optional<AuditEntry>> Find(std::int64_t user_id, std::string_view command_id);
  // The newest entries with a command_id, newest first, at most kRecentMax: for a start.
  absl::StatusOr<std::vector<AuditEntry>> RecentCommands(int limit);

  // Waits until what was written before is stored. DEADLINE_EXCEEDED.
  absl::Status Flush(absl::Duration timeout);

  std::size_t waiting_count() const;
  // Entries since the start that were not taken, or that PostgreSQL does not take; each is in the
  // log of the process.
  std::uint64_t lost_count() const { return lost_count_; }
  // That it is full, or why nothing is stored at present; OK: neither.
  absl::Status status() const;

 private:
  // An entry with its place in the table.
  struct Row {
    std::string writer;
    std::int64_t number = 0;
    AuditEntry entry;
  };

  AuditLog(Options options, postgres::Pool& pool);

  // As Write, without counting what is lost.
  absl::Status Take(AuditEntry entry);
  static std::string SpoolLine(const Row& row);
  static std::optional<Row> ParseSpoolLine(std::string_view line);
  absl::Status OpenSpool();
  absl::Status Spool(const Row& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Leaves in the file what waits.
  absl::Status RewriteSpool() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Room() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Append(Row row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run();
  absl::Status Store(const std::vector<Row>& batch);
  // Each by itself; one that PostgreSQL refuses for good is logged and left out.
  absl::Status StoreSingly(const std::vector<Row>& batch);
  void Stored(std::size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetStatus(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  postgres::Pool& pool_;
  const std::string writer_;  // Names this run.
  bool is_prepared_ = false;  // Of the thread.

  std::atomic<std::uint64_t> lost_count_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Row> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of all rows: those that came, and those that left the queue.
  std::uint64_t written_total_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t stored_total_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of commands that wait: their place among all rows.
  TextMap<std::uint64_t> places_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  int spool_fd_ ABSL_GUARDED_BY(mutex_) = -1;
  std::size_t spool_bytes_ ABSL_GUARDED_BY(mutex_) = 0;

  std::thread thread_;
};

}  // namespace evx::gateway
