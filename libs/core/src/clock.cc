#include "evx/core/clock.h"

#include <ctime>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx {

std::string FormatRfc3339(Timestamp time) {
  const absl::Time t = absl::FromUnixNanos(time.nanos());
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", t, absl::UTCTimeZone());
}

absl::StatusOr<Timestamp> ParseRfc3339(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return InvalidArgument(absl::StrFormat("time \"%s\" is not RFC 3339: %s", text, error));
  }
  return Timestamp::FromNanos(absl::ToUnixNanos(time));
}

Timestamp SystemClock::Now() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Timestamp::FromNanos(now.tv_sec * 1'000'000'000LL + now.tv_nsec);
}

void ManualClock::AdvanceTo(Timestamp time) {
  std::int64_t current = nanos_.load(std::memory_order_relaxed);
  while (current < time.nanos() &&
         !nanos_.compare_exchange_weak(current, time.nanos(), std::memory_order_release)) {
  }
}

void ManualClock::AdvanceBy(absl::Duration duration) {
  const std::int64_t step = absl::ToInt64Nanoseconds(duration);
  if (step > 0) nanos_.fetch_add(step, std::memory_order_acq_rel);
}

}  // namespace evx
