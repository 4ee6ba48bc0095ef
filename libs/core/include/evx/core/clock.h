#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Time as a value and the one door through which it enters.

namespace evx {

// Nanoseconds since the Unix epoch, UTC. 0 means "not set" where a time is optional.
class Timestamp {
 public:
  constexpr Timestamp() = default;
  static constexpr Timestamp FromNanos(std::int64_t nanos) { return Timestamp(nanos); }
  static constexpr Timestamp FromMillis(std::int64_t millis) {
    return Timestamp(millis * 1'000'000);
  }
  static constexpr Timestamp FromSeconds(std::int64_t seconds) {
    return Timestamp(seconds * 1'000'000'000);
  }

  constexpr std::int64_t nanos() const { return nanos_; }
  constexpr std::int64_t micros() const { return nanos_ / 1'000; }
  constexpr std::int64_t millis() const { return nanos_ / 1'000'000; }
  constexpr std::int64_t seconds() const { return nanos_ / 1'000'000'000; }
  constexpr explicit operator bool() const { return nanos_ != 0; }

  friend Timestamp operator+(Timestamp t, absl::Duration d) {
    return Timestamp(t.nanos_ + absl::ToInt64Nanoseconds(d));
  }
  friend absl::Duration operator-(Timestamp a, Timestamp b) {
    return absl::Nanoseconds(a.nanos_ - b.nanos_);
  }
  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;

 private:
  constexpr explicit Timestamp(std::int64_t nanos) : nanos_(nanos) {}
  std::int64_t nanos_ = 0;
};

// RFC 3339 in UTC with microseconds, as the venue writes it: "2026-08-05T13:00:00.123456Z".
std::string FormatRfc3339(Timestamp time);

// Accepts any RFC 3339 time with zone; nanoseconds are kept. InvalidArgument names the text.
absl::StatusOr<Timestamp> ParseRfc3339(std::string_view text);

// Where time comes from. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

// Wall time of the machine; the only place that reads it.
class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

// Stands still until it is moved; never goes back.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : nanos_(start.nanos()) {}
  Timestamp Now() const override {
    return Timestamp::FromNanos(nanos_.load(std::memory_order_acquire));
  }
  // Moves to `time`, or stays when it lies in the past.
  void AdvanceTo(Timestamp time);
  void AdvanceBy(absl::Duration duration);

 private:
  std::atomic<std::int64_t> nanos_;
};

}  // namespace evx
