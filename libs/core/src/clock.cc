#include "evx/core/clock.h"

#include <ctime>

#include "absl/strings/str_format.h"
#include "evx/core/arithmetic.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"

namespace evx {

namespace {

// Writes `value` with leading zeros into digits[0 .. count).
void WriteDigits(char* digits, std::int64_t value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::string FormatRfc3339(Timestamp time) {
  // Lists of markets hold thousands of times: the date is computed without a time zone library.
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  const std::int64_t micros = DivideFloor(time.nanos(), 1'000);
  const std::int64_t days = DivideFloor(micros, kMicrosPerDay);
  const std::int64_t in_day = micros - days * kMicrosPerDay;

  // The civil date of a day number, in years that begin in March, so that the leap day is the last
  // one; eras are the 400 years of 146,097 days after which the calendar repeats.
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = DivideFloor(shifted, 146'097);
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

  std::string text = "0000-00-00T00:00:00.000000Z";
  WriteDigits(&text[0], year, 4);
  WriteDigits(&text[5], month, 2);
  WriteDigits(&text[8], day, 2);
  WriteDigits(&text[11], in_day / 3'600'000'000, 2);
  WriteDigits(&text[14], in_day / 60'000'000 % 60, 2);
  WriteDigits(&text[17], in_day / 1'000'000 % 60, 2);
  WriteDigits(&text[20], in_day % 1'000'000, 6);
  return text;
}

absl::StatusOr<Timestamp> ParseRfc3339(std::string_view text) {
  absl::Time time;
  std::string error;
  const bool is_time = absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error);
  // Abseil's names of what never comes are times to it.
  if (!is_time || time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
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

std::int64_t MonotonicNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace evx
