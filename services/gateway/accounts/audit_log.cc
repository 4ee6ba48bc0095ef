#include "accounts/audit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "accounts/secrets.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/postgres/errors.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {
namespace {

using Json = nlohmann::json;
using postgres::Connection;
using postgres::Parameters;
using postgres::Result;

constexpr std::size_t kWriterBytes = 8;
constexpr mode_t kSpoolMode = 0600;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The columns of EntryOf.
#define EVX_AUDIT_COLUMNS                                                                 \
  "time_ns, user_id, user_name, session_id, remote_address, action, command_id, detail, " \
  "refusal_reason, encode(result, 'hex')"

AuditEntry EntryOf(const Result& result, int row) {
  AuditEntry entry;
  entry.time = Timestamp::FromNanos(result.Integer(row, 0).value_or(0));
  entry.user_id = result.Integer(row, 1).value_or(0);
  entry.user_name = result.Text(row, 2);
  entry.session_id = result.Text(row, 3);
  entry.remote_address = result.Text(row, 4);
  entry.action = result.Text(row, 5);
  entry.command_id = result.Text(row, 6);
  entry.detail_json = result.Text(row, 7);
  entry.refusal_reason = result.Text(row, 8);
  entry.result = absl::HexStringToBytes(ToAbsl(result.Text(row, 9)));
  return entry;
}

// Text as PostgreSQL takes it: UTF-8 without NUL. What is not becomes U+FFFD.
void Clean(std::string& text) {
  const auto is_plain = [](char c) { return c > 0; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return;
  const std::string dumped = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  text = Json::parse(dumped).get<std::string>();
  for (std::size_t at = 0; (at = text.find('\0', at)) != std::string::npos;) {
    text.replace(at, 1, kReplacement);
  }
}

std::size_t SizeOf(const AuditEntry& entry) {
  return sizeof(AuditEntry) + entry.user_name.size() + entry.session_id.size() +
         entry.remote_address.size() + entry.action.size() + entry.command_id.size() +
         entry.detail_json.size() + entry.refusal_reason.size() + entry.result.size();
}

std::string CommandKey(std::int64_t user_id, std::string_view command_id) {
  return std::to_string(user_id) + "/" + std::string(command_id);
}

absl::Status SpoolFault(std::string_view what, const std::string& path) {
  return Unavailable(std::string(what) + " " + path + ": " + std::strerror(errno) +
                     "; see --data_dir");
}

absl::Status WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Unavailable("write failed");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(Options options, postgres::Pool& pool) {
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options), pool));
  EVX_RETURN_IF_ERROR(log->OpenSpool());
  log->thread_ = std::thread([log = log.get()] { log->Run(); });
  return log;
}

AuditLog::AuditLog(Options options, postgres::Pool& pool)
    : options_(std::move(options)), pool_(pool), writer_(RandomHex(kWriterBytes)) {}

AuditLog::~AuditLog() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  if (spool_fd_ >= 0) ::close(spool_fd_);
}

// --- The spool file -----------------------------------------------------------------------------

std::string AuditLog::SpoolLine(const Row& row) {
  const AuditEntry& entry = row.entry;
  const Json json = {{"writer", row.writer},
                     {"number", row.number},
                     {"time_ns", entry.time.nanos()},
                     {"user_id", entry.user_id},
                     {"user_name", entry.user_name},
                     {"session_id", entry.session_id},
                     {"remote_address", entry.remote_address},
                     {"action", entry.action},
                     {"command_id", entry.command_id},
                     {"detail", entry.detail_json},
                     {"refusal_reason", entry.refusal_reason},
                     {"result", absl::BytesToHexString(ToAbsl(entry.result))}};
  return json.dump() + "\n";
}

std::optional<AuditLog::Row> AuditLog::ParseSpoolLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  bool is_whole = true;
  const auto text_of = [&](const char* name) {
    const auto member = json.find(name);
    is_whole = is_whole && member != json.end() && member->is_string();
    return is_whole ? member->get<std::string>() : std::string();
  };
  const auto integer_of = [&](const char* name) {
    const auto member = json.find(name);
    is_whole = is_whole && member != json.end() && member->is_number_integer();
    return is_whole ? member->get<std::int64_t>() : 0;
  };
  Row row;
  row.writer = text_of("writer");
  row.number = integer_of("number");
  row.entry = {Timestamp::FromNanos(integer_of("time_ns")),
               integer_of("user_id"),
               text_of("user_name"),
               text_of("session_id"),
               text_of("remote_address"),
               text_of("action"),
               text_of("command_id"),
               text_of("detail"),
               text_of("refusal_reason"),
               absl::HexStringToBytes(text_of("result"))};
  return is_whole ? std::optional(std::move(row)) : std::nullopt;
}

absl::Status AuditLog::OpenSpool() {
  const std::string& path = options_.spool_file;
  EVX_RETURN_IF_ERROR(MakeSecretDirectory(std::filesystem::path(path).parent_path().string()));
  const std::lock_guard lock(mutex_);
  std::ifstream old(path);
  for (std::string line; std::getline(old, line);) {
    // A kill can only have cut the last line, which was not accepted then.
    if (auto row = ParseSpoolLine(line)) Append(*std::move(row));
  }
  if (!waiting_.empty()) {
    telemetry::Log(telemetry::kInfo, "The last run left audit entries, which are stored now.",
                   {{"entry_count", static_cast<std::int64_t>(waiting_.size())}});
  }
  return RewriteSpool();
}

absl::Status AuditLog::RewriteSpool() {
  const std::string& path = options_.spool_file;
  const std::string aside = path + ".new";
  const int file =
      ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, kSpoolMode);
  if (file < 0) return SpoolFault("cannot create", aside);
  std::size_t bytes = 0;
  absl::Status status;
  for (const Row& row : waiting_) {
    const std::string line = SpoolLine(row);
    bytes += line.size();
    if (status.ok()) status = WriteAll(file, line);
  }
  if (!status.ok() || ::rename(aside.c_str(), path.c_str()) != 0) {
    const absl::Status fault = SpoolFault("cannot write", path);
    ::close(file);
    return fault;
  }
  if (spool_fd_ >= 0) ::close(spool_fd_);
  spool_fd_ = file;
  spool_bytes_ = bytes;
  return absl::OkStatus();
}

absl::Status AuditLog::Spool(const Row& row) {
  const std::string line = SpoolLine(row);
  if (!WriteAll(spool_fd_, line).ok()) {
    const absl::Status fault = SpoolFault("cannot write", options_.spool_file);
    // Half a line would hide the next one.
    if (::ftruncate(spool_fd_, static_cast<off_t>(spool_bytes_)) != 0) return fault;
    return fault;
  }
  spool_bytes_ += line.size();
  return absl::OkStatus();
}

// --- Writing ------------------------------------------------------------------------------------

absl::Status AuditLog::CanWrite() const {
  const std::lock_guard lock(mutex_);
  return Room();
}

absl::Status AuditLog::Room() const {
  if (waiting_.size() < options_.waiting_max && waiting_bytes_ < kWaitingBytesMax) {
    return absl::OkStatus();
  }
  return ResourceExhausted("the audit log is full: " + std::to_string(waiting_.size()) +
                           " entries wait for PostgreSQL");
}

absl::Status AuditLog::Write(AuditEntry entry) {
  absl::Status status = Take(std::move(entry));
  if (!status.ok()) ++lost_count_;
  return status;
}

absl::Status AuditLog::Take(AuditEntry entry) {
  if (entry.detail_json.size() > kDetailBytesMax || entry.result.size() > kResultBytesMax) {
    return InvalidArgument("an audit entry has " + std::to_string(entry.detail_json.size()) +
                           " bytes of detail and " + std::to_string(entry.result.size()) +
                           " of result; it takes " + std::to_string(kDetailBytesMax) + " and " +
                           std::to_string(kResultBytesMax));
  }
  for (std::string* text :
       {&entry.user_name, &entry.session_id, &entry.remote_address, &entry.action,
        &entry.command_id, &entry.detail_json, &entry.refusal_reason}) {
    Clean(*text);
  }
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= options_.waiting_max + kReserve ||
        waiting_bytes_ >= kWaitingBytesMax + kReserve * kDetailBytesMax / 4) {
      return ResourceExhausted("the audit log is full: " + std::to_string(waiting_.size()) +
                               " entries wait for PostgreSQL");
    }
    Row row{writer_, ++last_number_, std::move(entry)};
    EVX_RETURN_IF_ERROR(Spool(row));
    Append(std::move(row));
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void AuditLog::Append(Row row) {
  waiting_bytes_ += SizeOf(row.entry);
  if (!row.entry.command_id.empty()) {
    // The first one counts.
    places_.try_emplace(CommandKey(row.entry.user_id, row.entry.command_id), written_total_);
  }
  ++written_total_;
  waiting_.push_back(std::move(row));
}

// --- Storing ------------------------------------------------------------------------------------

void AuditLog::Run() {
  const std::chrono::nanoseconds pause(absl::ToInt64Nanoseconds(options_.retry_interval));
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::size_t count = std::min(waiting_.size(), kBatchMax);
    const std::vector<Row> batch(waiting_.begin(),
                                 waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    lock.unlock();
    absl::Status status = Store(batch);
    if (!status.ok() && !postgres::IsRetryable(status)) status = StoreSingly(batch);
    lock.lock();
    SetStatus(status);
    if (status.ok()) {
      Stored(count);
      changed_.notify_all();
    } else if (is_stopped_) {
      return;  // The rest is in the spool file.
    } else {
      changed_.wait_for(lock, pause, [this] { return is_stopped_; });
    }
  }
}

void AuditLog::Stored(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const AuditEntry& entry = waiting_.front().entry;
    if (!entry.command_id.empty()) {
      const auto place = places_.find(CommandKey(entry.user_id, entry.command_id));
      if (place != places_.end() && place->second == stored_total_) places_.erase(place);
    }
    waiting_bytes_ -= SizeOf(entry);
    waiting_.pop_front();
    ++stored_total_;
  }
  absl::Status status;
  if (waiting_.empty()) {
    if (::ftruncate(spool_fd_, 0) != 0) status = SpoolFault("cannot empty", options_.spool_file);
    spool_bytes_ = 0;
  } else if (spool_bytes_ > 2 * kWaitingBytesMax) {
    status = RewriteSpool();
  }
  // What is stored twice at the next start is there once.
  if (!status.ok()) telemetry::Log(telemetry::kWarning, "Spool file.", {{"status", status}});
}

absl::Status AuditLog::Store(const std::vector<Row>& batch) {
  if (!is_prepared_) {
    const absl::Status status = options_.prepare();
    // Whatever it was, the rows are not to blame.
    if (!status.ok()) return Unavailable(MessageOf(status));
    is_prepared_ = true;
  }
  return pool_
      .Run([&](Connection& connection) -> absl::StatusOr<bool> {
        EVX_ASSIGN_OR_RETURN(auto transaction, postgres::Transaction::Begin(connection));
        for (const Row& row : batch) {
          const AuditEntry& entry = row.entry;
          Parameters values;
          values.Add(row.writer).Add(row.number).Add(entry.time.nanos()).Add(entry.user_id);
          values.Add(entry.user_name).Add(entry.session_id).Add(entry.remote_address);
          values.Add(entry.action).Add(entry.command_id).Add(entry.detail_json);
          values.Add(entry.refusal_reason);
          values.Add(ToStd(absl::BytesToHexString(ToAbsl(entry.result))));
          EVX_RETURN_IF_ERROR(
              connection
                  .Query("INSERT INTO gateway.audit (writer, number, time_ns, user_id, user_name,"
                         " session_id, remote_address, action, command_id, detail, refusal_reason,"
                         " result) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
                         " decode($12, 'hex')) ON CONFLICT DO NOTHING",
                         values)
                  .status());
        }
        EVX_RETURN_IF_ERROR(transaction.Commit());
        return true;
      })
      .status();
}

absl::Status AuditLog::StoreSingly(const std::vector<Row>& batch) {
  for (const Row& row : batch) {
    const absl::Status status = Store({row});
    if (status.ok()) continue;
    // Also one that was stored before the loss of PostgreSQL: it is done again, which is harmless.
    if (postgres::IsRetryable(status)) return status;
    ++lost_count_;
    telemetry::Log(telemetry::kError, "An audit entry cannot be stored.",
                   {{"status", status}, {"entry", SpoolLine(row)}});
  }
  return absl::OkStatus();
}

// --- Reading ------------------------------------------------------------------------------------

absl::StatusOr<std::optional<AuditEntry>> AuditLog::Find(std::int64_t user_id,
                                                         std::string_view command_id) {
  std::string wanted(command_id);
  Clean(wanted);
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(CommandKey(user_id, wanted));
    if (place != places_.end()) return waiting_[place->second - stored_total_].entry;
  }
  return pool_.Run([&](Connection& connection) -> absl::StatusOr<std::optional<AuditEntry>> {
    EVX_ASSIGN_OR_RETURN(
        const Result found,
        connection.Query("SELECT " EVX_AUDIT_COLUMNS
                         " FROM gateway.audit WHERE user_id = $1 AND command_id = $2"
                         " AND command_id <> ''",
                         Parameters().Add(user_id).Add(wanted)));
    if (found.row_count() == 0) return std::optional<AuditEntry>();
    return std::optional<AuditEntry>(EntryOf(found, 0));
  });
}

absl::StatusOr<std::vector<AuditEntry>> AuditLog::RecentCommands(int limit) {
  EVX_CHECK(limit >= 1 && limit <= kRecentMax);
  return pool_.Run([&](Connection& connection) -> absl::StatusOr<std::vector<AuditEntry>> {
    EVX_ASSIGN_OR_RETURN(
        const Result found,
        connection.Query("SELECT " EVX_AUDIT_COLUMNS " FROM gateway.audit WHERE command_id <> ''"
                         " ORDER BY time_ns DESC LIMIT $1",
                         Parameters().Add(limit)));
    std::vector<AuditEntry> entries;
    for (int row = 0; row < found.row_count(); ++row) entries.push_back(EntryOf(found, row));
    return entries;
  });
}

absl::Status AuditLog::Flush(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  const std::uint64_t target = written_total_;
  const bool is_done =
      changed_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(timeout)),
                        [&] { return stored_total_ >= target; });
  if (is_done) return absl::OkStatus();
  return absl::DeadlineExceededError("audit entries still wait for PostgreSQL");
}

std::size_t AuditLog::waiting_count() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

absl::Status AuditLog::status() const {
  const std::lock_guard lock(mutex_);
  const absl::Status room = Room();
  return room.ok() ? status_ : room;
}

void AuditLog::SetStatus(absl::Status status) {
  if (status_.ok() && !status.ok()) {
    telemetry::Log(telemetry::kWarning, "PostgreSQL is away: the audit log waits.",
                   {{"status", status}});
  } else if (!status_.ok() && status.ok()) {
    telemetry::Log(telemetry::kInfo, "The audit log is stored again.", {});
  }
  status_ = std::move(status);
}

}  // namespace evx::gateway
