#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "evx/core/clock.h"

// The venue's local time, US Eastern, by the rule in force since 2007 (daylight saving from the
// second Sunday of March to the first Sunday of November, 02:00 local). Needs no time zone files.

namespace evx::mock_kalshi {

bool IsEasternDaylight(Timestamp time);
absl::CivilSecond ToEastern(Timestamp time);

// "26AUG05": the day as tickers have it.
std::string TickerDay(absl::CivilSecond time);
// "Aug 5", "Aug 5, 2026" and "12:00AM EDT".
std::string ShortDay(absl::CivilSecond time);
std::string LongDay(absl::CivilSecond time);
std::string EasternClock(Timestamp time);

}  // namespace evx::mock_kalshi
