#include "evx/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/core/text_map.h"
#include "evx/postgres/errors.h"

namespace evx::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Bytes of a COPY handed to libpq at a time.
constexpr std::size_t kCopyBlockBytes = 256 << 10;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

std::string_view TrimmedLine(const char* message) {
  std::string_view text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

absl::Status StatusOfResult(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr || message == nullptr) {
    return Unavailable("postgres: " + std::string(TrimmedLine(PQresultErrorMessage(result))));
  }
  return StatusOfSqlState(state, message);
}

bool IsError(const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_BAD_RESPONSE:
    case PGRES_FATAL_ERROR:
    case PGRES_PIPELINE_ABORTED:
      return true;
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_NONFATAL_ERROR:
    case PGRES_COPY_BOTH:
    case PGRES_SINGLE_TUPLE:
    case PGRES_PIPELINE_SYNC:
      return false;
  }
  return true;
}

int MillisecondsUntil(SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 3'600'000));
}

// A failed connect has no SQLSTATE; what the server refuses for good is told from its text.
absl::Status StatusOfConnectFailure(std::string_view message) {
  const std::string text = "postgres: " + std::string(message);
  for (const std::string_view refusal : {"authentication failed", "no pg_hba.conf entry",
                                         "no password supplied", "is not permitted to log in"}) {
    if (message.find(refusal) != std::string_view::npos) return PermissionDenied(text);
  }
  if (message.find("database \"") != std::string_view::npos &&
      message.find("does not exist") != std::string_view::npos) {
    return NotFound(text);
  }
  return Unavailable(text);
}

}  // namespace

struct Result::Impl {
  ResultPointer result;
};

Result::Result() = default;
Result::~Result() = default;
Result::Result(Result&&) noexcept = default;
Result& Result::operator=(Result&&) noexcept = default;
Result::Result(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

int Result::row_count() const { return impl_ ? PQntuples(impl_->result.get()) : 0; }
int Result::column_count() const { return impl_ ? PQnfields(impl_->result.get()) : 0; }

std::int64_t Result::affected_row_count() const {
  if (!impl_) return 0;
  const std::string_view text = PQcmdTuples(impl_->result.get());
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

bool Result::IsNull(int row, int column) const {
  return PQgetisnull(impl_->result.get(), row, column) != 0;
}

std::string_view Result::Text(int row, int column) const {
  const PGresult* result = impl_->result.get();
  return {PQgetvalue(result, row, column),
          static_cast<std::size_t>(PQgetlength(result, row, column))};
}

std::optional<std::int64_t> Result::Integer(int row, int column) const {
  const std::string_view text = Text(row, column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

absl::StatusOr<std::string> ReadUrlFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return InvalidArgument("cannot read " + path);
  const std::string content = text.str();
  return std::string(absl::StripAsciiWhitespace(ToAbsl(content)));
}

Parameters& Parameters::Add(std::string_view value) {
  values_.push_back(std::string(value));
  return *this;
}

Parameters& Parameters::AddNull() {
  values_.push_back(std::nullopt);
  return *this;
}

Parameters& Parameters::AddArray(std::span<const std::int64_t> values) {
  std::string text = "{";
  for (const std::int64_t value : values) {
    if (text.size() > 1) text.push_back(',');
    text.append(std::to_string(value));
  }
  text.push_back('}');
  values_.push_back(std::move(text));
  return *this;
}

struct Connection::Impl {
  PGconn* connection = nullptr;
  ConnectOptions options;
  bool broken = false;
  TextMap<std::string> prepared;  // SQL text -> name.
  SteadyClock::time_point deadline;

  ~Impl() { PQfinish(connection); }

  void StartCall() {
    deadline = SteadyClock::now() +
               std::chrono::nanoseconds(absl::ToInt64Nanoseconds(options.call_timeout));
  }

  absl::Status Break(absl::Status status) {
    broken = true;
    return status;
  }

  absl::Status Lost() {
    return Break(Unavailable("postgres: " + std::string(TrimmedLine(PQerrorMessage(connection)))));
  }

  // Waits for one of the poll events, and takes in what has arrived.
  absl::StatusOr<short> Wait(short events) {
    pollfd socket{PQsocket(connection), events, 0};
    for (;;) {
      const int ready = poll(&socket, 1, MillisecondsUntil(deadline));
      if (ready < 0 && errno == EINTR) continue;
      if (ready > 0) break;
      return Break(absl::DeadlineExceededError("postgres: no answer within the call timeout"));
    }
    if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(connection) == 0) return Lost();
    return socket.revents;
  }

  absl::Status Flush() {
    for (;;) {
      const int left = PQflush(connection);
      if (left == 0) return absl::OkStatus();
      if (left < 0) return Lost();
      EVX_RETURN_IF_ERROR(Wait(POLLIN | POLLOUT).status());
    }
  }

  // The next result of the statement; null after the last.
  absl::StatusOr<ResultPointer> NextResult() {
    while (PQisBusy(connection) != 0) EVX_RETURN_IF_ERROR(Wait(POLLIN).status());
    return ResultPointer(PQgetResult(connection));
  }

  // Sends nothing more; reads every result and returns the last, or the first error.
  absl::StatusOr<ResultPointer> Finish() {
    EVX_RETURN_IF_ERROR(Flush());
    absl::Status failure;
    ResultPointer last;
    for (;;) {
      EVX_ASSIGN_OR_RETURN(ResultPointer result, NextResult());
      if (result == nullptr) break;
      if (IsError(result.get()) && failure.ok()) failure = StatusOfResult(result.get());
      last = std::move(result);
      if (PQresultStatus(last.get()) == PGRES_COPY_IN) break;  // PQgetResult would repeat it.
    }
    if (PQstatus(connection) == CONNECTION_BAD) broken = true;
    EVX_RETURN_IF_ERROR(failure);
    if (last == nullptr) return Lost();
    return last;
  }

  absl::StatusOr<ResultPointer> Run(std::string_view sql) {
    StartCall();
    if (PQsendQuery(connection, std::string(sql).c_str()) == 0) return Lost();
    return Finish();
  }

  // Name of the prepared statement; empty when there is no room for one more.
  absl::StatusOr<std::string> Prepare(std::string_view sql) {
    const auto found = prepared.find(sql);
    if (found != prepared.end()) return found->second;
    if (prepared.size() >= kPreparedCountMax) return std::string();
    const std::string name = "s" + std::to_string(prepared.size());
    if (PQsendPrepare(connection, name.c_str(), std::string(sql).c_str(), 0, nullptr) == 0) {
      return Lost();
    }
    EVX_RETURN_IF_ERROR(Finish().status());
    prepared.emplace(sql, name);
    return name;
  }

  absl::Status SendBlocks(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view block = bytes.substr(0, kCopyBlockBytes);
      StartCall();
      for (;;) {
        const int queued = PQputCopyData(connection, block.data(), static_cast<int>(block.size()));
        if (queued > 0) break;
        if (queued < 0) return Lost();
        EVX_RETURN_IF_ERROR(Wait(POLLIN | POLLOUT).status());
      }
      EVX_RETURN_IF_ERROR(Flush());
      bytes.remove_prefix(block.size());
    }
    return absl::OkStatus();
  }

  absl::Status Open() {
    const auto connect_deadline =
        SteadyClock::now() +
        std::chrono::nanoseconds(absl::ToInt64Nanoseconds(options.connect_timeout));
    deadline = connect_deadline;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
      if (state == PGRES_POLLING_FAILED) {
        broken = true;
        return StatusOfConnectFailure(TrimmedLine(PQerrorMessage(connection)));
      }
      pollfd socket{PQsocket(connection),
                    static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
      const int ready = poll(&socket, 1, MillisecondsUntil(connect_deadline));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) {
        return Break(Unavailable("postgres: no connection within the connect timeout"));
      }
      state = PQconnectPoll(connection);
    }
    PQsetnonblocking(connection, 1);
    return absl::OkStatus();
  }
};

absl::StatusOr<std::unique_ptr<Connection>> Connection::Connect(const ConnectOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  const char* const keywords[] = {"dbname", "fallback_application_name", "client_encoding",
                                  nullptr};
  const char* const values[] = {options.url.c_str(), options.application_name.c_str(), "UTF8",
                                nullptr};
  impl->connection = PQconnectStartParams(keywords, values, /*expand_dbname=*/1);
  EVX_CHECK(impl->connection != nullptr);
  if (PQstatus(impl->connection) == CONNECTION_BAD) {
    return StatusOfConnectFailure(TrimmedLine(PQerrorMessage(impl->connection)));
  }
  PQsetNoticeProcessor(
      impl->connection, [](void*, const char*) {}, nullptr);
  EVX_RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

bool Connection::is_broken() const { return impl_->broken; }

absl::Status Connection::Execute(std::string_view sql) {
  if (impl_->broken) return Unavailable("postgres: the session is lost");
  return impl_->Run(sql).status();
}

absl::StatusOr<Result> Connection::Query(std::string_view sql, const Parameters& parameters) {
  if (impl_->broken) return Unavailable("postgres: the session is lost");
  impl_->StartCall();
  EVX_ASSIGN_OR_RETURN(const std::string name, impl_->Prepare(sql));
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& value : parameters.values()) {
    values.push_back(value ? value->c_str() : nullptr);
  }
  const int count = static_cast<int>(values.size());
  const int sent = name.empty()
                       ? PQsendQueryParams(impl_->connection, std::string(sql).c_str(), count,
                                           nullptr, values.data(), nullptr, nullptr, 0)
                       : PQsendQueryPrepared(impl_->connection, name.c_str(), count, values.data(),
                                             nullptr, nullptr, 0);
  if (sent == 0) return impl_->Lost();
  EVX_ASSIGN_OR_RETURN(ResultPointer result, impl_->Finish());
  return Result(std::make_unique<Result::Impl>(Result::Impl{std::move(result)}));
}

absl::StatusOr<std::int64_t> Connection::Copy(const CopyBuffer& rows) {
  EVX_CHECK(rows.IsComplete());
  if (rows.empty()) return 0;
  if (impl_->broken) return Unavailable("postgres: the session is lost");
  EVX_ASSIGN_OR_RETURN(const ResultPointer begun, impl_->Run(rows.statement()));
  EVX_CHECK(PQresultStatus(begun.get()) == PGRES_COPY_IN);
  EVX_RETURN_IF_ERROR(impl_->SendBlocks(rows.bytes()));
  constexpr std::string_view kTrailer("\377\377", 2);
  EVX_RETURN_IF_ERROR(impl_->SendBlocks(kTrailer));
  impl_->StartCall();
  for (;;) {
    const int queued = PQputCopyEnd(impl_->connection, nullptr);
    if (queued > 0) break;
    if (queued < 0) return impl_->Lost();
    EVX_RETURN_IF_ERROR(impl_->Wait(POLLIN | POLLOUT).status());
  }
  EVX_ASSIGN_OR_RETURN(ResultPointer done, impl_->Finish());
  const Result result(std::make_unique<Result::Impl>(Result::Impl{std::move(done)}));
  return result.affected_row_count();
}

absl::StatusOr<Transaction> Transaction::Begin(Connection& connection) {
  EVX_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  if (connection_ == nullptr || connection_->is_broken()) return;
  // A session that cannot roll back is broken and will be thrown away.
  connection_->Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  EVX_CHECK(connection_ != nullptr);
  return std::exchange(connection_, nullptr)->Execute("COMMIT");
}

}  // namespace evx::postgres
