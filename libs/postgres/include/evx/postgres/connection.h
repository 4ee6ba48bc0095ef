#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/postgres/copy_buffer.h"

// One session with PostgreSQL over libpq, which no other file of the project sees.
//
// Nothing here throws or blocks without bound: every call waits for the server no longer than
// ConnectOptions::call_timeout, also when the server is stopped or the network swallows packets.
// Errors are canonical codes by class, see errors.h.

namespace evx::postgres {

struct ConnectOptions {
  // libpq connection string or URI. May hold a password: it is never logged nor part of a message.
  std::string url;
  std::string application_name = "evx";  // Shown in pg_stat_activity.
  absl::Duration connect_timeout = absl::Seconds(5);
  // For one statement, or one block of a COPY. A session that ran into it is closed.
  absl::Duration call_timeout = absl::Seconds(30);
};

// The connection string in a file, without blanks at its ends. INVALID_ARGUMENT names the file.
absl::StatusOr<std::string> ReadUrlFile(const std::string& path);

// Values for $1, $2, ... of a statement, in order.
class Parameters {
 public:
  template <std::integral Integer>
  Parameters& Add(Integer value) {
    if constexpr (std::same_as<Integer, bool>) {
      return Add(value ? "t" : "f");
    } else {
      return Add(std::to_string(value));
    }
  }
  Parameters& Add(std::string_view value);
  Parameters& Add(const std::string& value) { return Add(std::string_view(value)); }
  Parameters& Add(const char* value) { return Add(std::string_view(value)); }
  Parameters& AddNull();
  // For `= ANY($n)` with a cast to an integer array.
  Parameters& AddArray(std::span<const std::int64_t> values);

  const std::vector<std::optional<std::string>>& values() const { return values_; }
  std::size_t size() const { return values_.size(); }

 private:
  std::vector<std::optional<std::string>> values_;
};

// Rows of one statement, in memory. Columns are numbered from 0 as in the select list.
class Result {
 public:
  Result();
  ~Result();
  Result(Result&&) noexcept;
  Result& operator=(Result&&) noexcept;

  int row_count() const;
  int column_count() const;
  // Rows that an INSERT, UPDATE, DELETE or COPY touched.
  std::int64_t affected_row_count() const;

  bool IsNull(int row, int column) const;
  // Empty for NULL. Lives as long as the result.
  std::string_view Text(int row, int column) const;
  // Nothing for NULL and for what is no integer of 64 bits.
  std::optional<std::int64_t> Integer(int row, int column) const;
  bool Bool(int row, int column) const { return Text(row, column) == "t"; }

 private:
  friend class Connection;
  struct Impl;
  explicit Result(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Not thread-safe. After an error with is_broken() only destruction is left.
class Connection {
 public:
  // SQL texts prepared per session; more are run unprepared.
  static constexpr std::size_t kPreparedCountMax = 128;

  static absl::StatusOr<std::unique_ptr<Connection>> Connect(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs one or more statements without parameters; rows are dropped.
  absl::Status Execute(std::string_view sql);

  // Runs one statement. Each SQL text is prepared when it is first used, so callers keep the number
  // of texts small and pass values as parameters.
  absl::StatusOr<Result> Query(std::string_view sql, const Parameters& parameters = {});

  // COPY ... FROM STDIN of all rows in the buffer. Returns their number; all or none are stored.
  absl::StatusOr<std::int64_t> Copy(const CopyBuffer& rows);

  // The session is lost (server gone, timeout): nothing can be done with it any more.
  bool is_broken() const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// BEGIN at the start, ROLLBACK when it goes away without Commit. A Commit that fails with
// UNAVAILABLE or DEADLINE_EXCEEDED may have happened: whoever repeats the work must be able to
// tell.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Connection& connection);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  absl::Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace evx::postgres
