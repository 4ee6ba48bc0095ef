#include "catalogue/eastern_time.h"

#include <array>
#include <string_view>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace evx::mock_kalshi {
namespace {

constexpr int kStandardOffsetHours = -5;
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

absl::CivilSecond Standard(Timestamp time) {
  return absl::CivilSecond(1970) + time.seconds() + kStandardOffsetHours * 3600;
}

// The n-th Sunday of a month.
absl::CivilDay Sunday(std::int64_t year, int month, int n) {
  const absl::CivilDay before(absl::CivilDay(year, month, 1) - 1);
  return absl::NextWeekday(before, absl::Weekday::sunday) + 7 * (n - 1);
}

std::string_view Month(absl::CivilSecond time) {
  return kMonths[static_cast<std::size_t>(time.month() - 1)];
}

}  // namespace

bool IsEasternDaylight(Timestamp time) {
  const absl::CivilSecond standard = Standard(time);
  // 02:00 daylight time, at which it ends, is 01:00 standard time.
  const absl::CivilSecond begin = absl::CivilSecond(Sunday(standard.year(), 3, 2)) + 2 * 3600;
  const absl::CivilSecond end = absl::CivilSecond(Sunday(standard.year(), 11, 1)) + 3600;
  return standard >= begin && standard < end;
}

absl::CivilSecond ToEastern(Timestamp time) {
  return Standard(time) + (IsEasternDaylight(time) ? 3600 : 0);
}

std::string TickerDay(absl::CivilSecond time) {
  std::string month(Month(time));
  for (char& c : month) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return absl::StrFormat("%02d%s%02d", time.year() % 100, month, time.day());
}

std::string ShortDay(absl::CivilSecond time) {
  return absl::StrFormat("%s %d", Month(time), time.day());
}

std::string LongDay(absl::CivilSecond time) {
  return absl::StrFormat("%s %d, %d", Month(time), time.day(), time.year());
}

std::string EasternClock(Timestamp time) {
  const absl::CivilSecond local = ToEastern(time);
  const int hour = local.hour() % 12 == 0 ? 12 : local.hour() % 12;
  return absl::StrFormat("%d:%02d%s %s", hour, local.minute(), local.hour() < 12 ? "AM" : "PM",
                         IsEasternDaylight(time) ? "EDT" : "EST");
}

}  // namespace evx::mock_kalshi
