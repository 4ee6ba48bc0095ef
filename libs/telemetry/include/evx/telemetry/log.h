#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/telemetry/trace_context.h"

// Logs: one JSON object per line on stderr,
//
//   Log(kWarning, "Order rejected.", {{"order_id", id}, {"price_micros", price.micros()}});
//
//   {"time":"2026-08-05T13:00:00.123456Z","level":"warning","service":"mock-kalshi",
//    "message":"Order rejected.","order_id":17,"price_micros":560000,"trace_id":"4bf9..."}
//
// The message is a constant sentence; what varies are fields, named as in proto. kError means that
// someone must act. Whatever bytes a field holds, the line is valid JSON: invalid UTF-8 becomes
// U+FFFD and a text beyond kLogTextBytesMax is cut. A field whose name says it is a secret
// (ends in password, secret, token, signature, private_key, authorization, cookie) is written as
// "***". Writing is synchronous; the matching path logs nothing above kDebug, and code that would
// build costly fields for kDebug asks LogEnabled first.

namespace evx::telemetry {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
using enum LogLevel;

std::string_view ToString(LogLevel level);

// Longer texts in fields are cut to this many bytes and end in "...".
inline constexpr std::size_t kLogTextBytesMax = 8192;

// One field: a name and a typed value. Names are written as they are; reserved ones (time, level,
// service, message) get a trailing underscore.
class LogField {
 public:
  using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

  LogField(std::string_view name, std::string_view value);
  LogField(std::string_view name, const char* value) : LogField(name, std::string_view(value)) {}
  LogField(std::string_view name, const std::string& value)
      : LogField(name, std::string_view(value)) {}
  LogField(std::string_view name, double value) : name_(name), value_(value) {}
  LogField(std::string_view name, const absl::Status& value);  // "NOT_FOUND: no such market"
  LogField(std::string_view name, absl::Duration value);       // "1.5s"
  LogField(std::string_view name, Timestamp value);            // RFC 3339
  LogField(std::string_view name, const TraceId& value);       // 32 hex digits
  template <std::integral Integer>
  LogField(std::string_view name, Integer value) : name_(name), value_(Widen(value)) {}
  template <class Tag, class Integer>
  LogField(std::string_view name, Id<Tag, Integer> value) : LogField(name, value.value()) {}

  std::string_view name() const { return name_; }
  const Value& value() const { return value_; }

 private:
  template <class Integer>
  static Value Widen(Integer value) {
    if constexpr (std::is_same_v<Integer, bool>) {
      return value;
    } else if constexpr (std::is_signed_v<Integer>) {
      return static_cast<std::int64_t>(value);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }

  std::string name_;
  Value value_;
};

using LogFields = std::initializer_list<LogField>;

struct LoggerOptions {
  std::string service = "evx";
  LogLevel level = LogLevel::kInfo;
  // Receives each line without its newline, one call at a time. Empty: stderr.
  std::function<void(std::string_view)> sink;
  // Wall time unless a test passes its own; must outlive the logger.
  const Clock* clock = nullptr;
};

// Formats and writes lines. Thread-safe. The process uses one through the functions below; tests
// make their own.
class Logger {
 public:
  explicit Logger(LoggerOptions options);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  bool Enabled(LogLevel level) const;
  void SetLevel(LogLevel level);
  void Write(LogLevel level, std::string_view message, LogFields fields);
  // For field lists that are put together at run time.
  void Write(LogLevel level, std::string_view message, const LogField* fields, std::size_t count);
  Timestamp Now() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

// Replaces the logger of the process; called once, at start, before threads log. Until then lines
// go to stderr with service "evx".
void InitLogging(LoggerOptions options);
Logger& ProcessLogger();

bool LogEnabled(LogLevel level);
void Log(LogLevel level, std::string_view message, LogFields fields = {});

// Lets one line through per interval and counts the rest; for failures that repeat. One limiter per
// place and, where it matters, per subject. Thread-safe.
class LogRateLimit {
 public:
  explicit LogRateLimit(absl::Duration interval = absl::Seconds(10)) : interval_(interval) {}
  // How many were held back since the last that passed, or nothing when this one is held back.
  std::optional<std::int64_t> Admit(Timestamp now);

 private:
  const absl::Duration interval_;
  std::mutex mutex_;
  Timestamp last_ ABSL_GUARDED_BY(mutex_);
  std::int64_t suppressed_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Log() when `limit` lets it through, with a field suppressed_count when lines were held back.
void LogLimited(LogRateLimit& limit, LogLevel level, std::string_view message,
                LogFields fields = {});

// Adds a trace_id field to every line this thread writes while the object lives. Nests.
class ScopedLogTrace {
 public:
  explicit ScopedLogTrace(const TraceId& trace_id);
  ~ScopedLogTrace();
  ScopedLogTrace(const ScopedLogTrace&) = delete;
  ScopedLogTrace& operator=(const ScopedLogTrace&) = delete;

 private:
  const TraceId previous_;
};

}  // namespace evx::telemetry
