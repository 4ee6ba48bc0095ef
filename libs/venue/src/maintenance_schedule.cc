#include "maintenance_schedule.h"

#include "absl/time/civil_time.h"

namespace evx::venue {
namespace {

constexpr int kStartHour = 3;
constexpr int kEndHour = 5;

absl::CivilDay DayOf(Timestamp time) {
  const std::int64_t seconds = time.seconds() - (time.nanos() % 1'000'000'000 < 0 ? 1 : 0);
  const std::int64_t days = seconds / 86'400 - (seconds % 86'400 < 0 ? 1 : 0);
  return absl::CivilDay(1970, 1, 1) + days;
}

// The n-th Sunday of a month, n from 1.
absl::CivilDay Sunday(absl::civil_year_t year, int month, int n) {
  return absl::NextWeekday(absl::CivilDay(year, month, 1) - 1, absl::Weekday::sunday) + 7 * (n - 1);
}

// Offset of Eastern time at 03:00 of `day` or later, when the clocks of that day are changed.
int HoursBehindUtc(absl::CivilDay day) {
  const bool summer = day >= Sunday(day.year(), 3, 2) && day < Sunday(day.year(), 11, 1);
  return summer ? 4 : 5;
}

// 03:00 or 05:00 Eastern of `day`, which is the same day in UTC.
Timestamp At(absl::CivilDay day, int hour) {
  const std::int64_t days = day - absl::CivilDay(1970, 1, 1);
  return Timestamp::FromSeconds(days * 86'400 + (hour + HoursBehindUtc(day)) * 3'600);
}

// The first Thursday not before `day`.
absl::CivilDay Thursday(absl::CivilDay day) {
  return absl::NextWeekday(day - 1, absl::Weekday::thursday);
}

}  // namespace

bool IsMaintenance(Timestamp time) {
  const absl::CivilDay day = DayOf(time);
  if (absl::GetWeekday(day) != absl::Weekday::thursday) return false;
  return time >= At(day, kStartHour) && time < At(day, kEndHour);
}

Timestamp NextMaintenanceBoundary(Timestamp time) {
  absl::CivilDay day = Thursday(DayOf(time));
  if (time >= At(day, kEndHour)) day = Thursday(day + 1);
  const Timestamp start = At(day, kStartHour);
  return time < start ? start : At(day, kEndHour);
}

}  // namespace evx::venue
