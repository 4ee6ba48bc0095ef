#include "evx/telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "evx/core/status.h"

namespace evx::telemetry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 7> kSecretSuffixes = {
    "password", "secret", "token", "signature", "private_key", "authorization", "cookie"};
constexpr std::string_view kMask = "***";

thread_local TraceId current_trace_id;

bool IsSecret(std::string_view name) {
  for (const std::string_view suffix : kSecretSuffixes) {
    if (name.ends_with(suffix)) return true;
  }
  return false;
}

std::string Cut(std::string_view text) {
  if (text.size() <= kLogTextBytesMax) return std::string(text);
  return std::string(text.substr(0, kLogTextBytesMax)) + "...";
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Hands each line to a function; base_sink serializes the calls.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  const std::function<void(std::string_view)> write_;
};

spdlog::sink_ptr MakeSink(std::function<void(std::string_view)> write) {
  if (write) return std::make_shared<FunctionSink>(std::move(write));
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

void Append(Json& line, std::string_view name, const LogField::Value& value) {
  std::string key(name);
  while (line.contains(key)) key.push_back('_');
  if (IsSecret(name)) {
    line[key] = kMask;
    return;
  }
  std::visit([&](const auto& typed) { line[key] = typed; }, value);
}

// Loggers that were replaced stay alive, because another thread may still be inside one.
struct ProcessLoggers {
  std::mutex mutex;
  std::vector<std::unique_ptr<Logger>> all ABSL_GUARDED_BY(mutex);
  std::atomic<Logger*> current{nullptr};

  Logger& Install(LoggerOptions options) {
    const std::lock_guard<std::mutex> lock(mutex);
    all.push_back(std::make_unique<Logger>(std::move(options)));
    current.store(all.back().get(), std::memory_order_release);
    return *all.back();
  }
};

ProcessLoggers& Loggers() {
  // Never destroyed: threads may log while the process exits.
  static ProcessLoggers* const loggers = [] {
    auto* made = new ProcessLoggers;
    made->Install({});
    return made;
  }();
  return *loggers;
}

}  // namespace

std::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

LogField::LogField(std::string_view name, std::string_view value)
    : name_(name), value_(Cut(value)) {}

LogField::LogField(std::string_view name, const absl::Status& value)
    : LogField(name, std::string_view(value.ToString())) {}

LogField::LogField(std::string_view name, absl::Duration value)
    : LogField(name, std::string_view(absl::FormatDuration(value))) {}

LogField::LogField(std::string_view name, Timestamp value)
    : LogField(name, std::string_view(FormatRfc3339(value))) {}

LogField::LogField(std::string_view name, const TraceId& value)
    : LogField(name, std::string_view(value.ToHex())) {}

struct Logger::Impl {
  explicit Impl(LoggerOptions options)
      : service(std::move(options.service)),
        clock(options.clock),
        out("evx", MakeSink(std::move(options.sink))) {
    out.set_pattern("%v");
    out.set_level(ToSpdlog(options.level));
  }

  const std::string service;
  const SystemClock system_clock;
  const Clock* const clock;
  spdlog::logger out;
};

Logger::Logger(LoggerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Logger::~Logger() = default;

bool Logger::Enabled(LogLevel level) const { return impl_->out.should_log(ToSpdlog(level)); }

void Logger::SetLevel(LogLevel level) { impl_->out.set_level(ToSpdlog(level)); }

Timestamp Logger::Now() const {
  return impl_->clock != nullptr ? impl_->clock->Now() : impl_->system_clock.Now();
}

void Logger::Write(LogLevel level, std::string_view message, LogFields fields) {
  Write(level, message, fields.begin(), fields.size());
}

void Logger::Write(LogLevel level, std::string_view message, const LogField* fields,
                   std::size_t count) {
  if (!Enabled(level)) return;
  Json line;
  line["time"] = FormatRfc3339(Now());
  line["level"] = ToString(level);
  line["service"] = impl_->service;
  line["message"] = message;
  for (std::size_t i = 0; i < count; ++i) Append(line, fields[i].name(), fields[i].value());
  if (current_trace_id && !line.contains("trace_id")) line["trace_id"] = current_trace_id.ToHex();
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
  impl_->out.log(ToSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

void InitLogging(LoggerOptions options) { Loggers().Install(std::move(options)); }

Logger& ProcessLogger() { return *Loggers().current.load(std::memory_order_acquire); }

bool LogEnabled(LogLevel level) { return ProcessLogger().Enabled(level); }

void Log(LogLevel level, std::string_view message, LogFields fields) {
  ProcessLogger().Write(level, message, fields);
}

std::optional<std::int64_t> LogRateLimit::Admit(Timestamp now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A clock that stepped back must not silence the place for long.
  if (last_ && now >= last_ && now - last_ < interval_) {
    ++suppressed_count_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(suppressed_count_, 0);
}

void LogLimited(LogRateLimit& limit, LogLevel level, std::string_view message, LogFields fields) {
  Logger& logger = ProcessLogger();
  if (!logger.Enabled(level)) return;
  const std::optional<std::int64_t> suppressed_count = limit.Admit(logger.Now());
  if (!suppressed_count) return;
  if (*suppressed_count == 0) {
    logger.Write(level, message, fields);
    return;
  }
  std::vector<LogField> all(fields);
  all.emplace_back("suppressed_count", *suppressed_count);
  logger.Write(level, message, all.data(), all.size());
}

ScopedLogTrace::ScopedLogTrace(const TraceId& trace_id)
    : previous_(std::exchange(current_trace_id, trace_id)) {}

ScopedLogTrace::~ScopedLogTrace() { current_trace_id = previous_; }

}  // namespace evx::telemetry
