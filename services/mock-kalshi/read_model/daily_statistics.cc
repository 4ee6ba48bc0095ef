#include <algorithm>

#include "read_model/candles.h"
#include "read_model/read_model.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::int64_t kHourMinutes = 60;
constexpr std::int64_t kHourSeconds = 3600;
constexpr std::int64_t kDayHours = 24;

// Hours include their end, as candles do.
std::int64_t HourOf(Timestamp time) { return PeriodEnd(time, kHourMinutes) / kHourSeconds; }

}  // namespace

DailyStatistics::Hour& DailyStatistics::At(Timestamp time) {
  const std::int64_t hour = HourOf(time);
  Hour& slot = hours_[static_cast<std::size_t>(hour) % kHourCount];
  if (slot.hour != hour) {
    KeepQuote(slot);
    slot = {hour, Quantity(), std::nullopt};
  }
  return slot;
}

void DailyStatistics::KeepQuote(const Hour& hour) {
  if (hour.quote && hour.hour > before_.hour) before_ = hour;
}

void DailyStatistics::Restore(Timestamp time, Quantity volume, const std::optional<Quote>& quote) {
  const std::int64_t hour = HourOf(time);
  if (hours_[static_cast<std::size_t>(hour) % kHourCount].hour > hour) {
    return KeepQuote({hour, volume, quote});
  }
  Hour& slot = At(time);
  slot.volume += volume;
  if (!slot.quote) slot.quote = quote;
}

void DailyStatistics::AddVolume(Timestamp time, Quantity quantity) { At(time).volume += quantity; }

void DailyStatistics::SetQuote(Timestamp time, Price bid, Price ask, Price last) {
  At(time).quote = Quote{bid, ask, last};
}

Quantity DailyStatistics::VolumeIn24Hours(Timestamp now) const {
  const std::int64_t hour = HourOf(now);
  Quantity sum;
  for (const Hour& slot : hours_) {
    if (slot.hour > hour - kDayHours && slot.hour <= hour) sum += slot.volume;
  }
  return sum;
}

std::optional<DailyStatistics::Quote> DailyStatistics::QuoteOneDayAgo(Timestamp now) const {
  const std::int64_t limit = HourOf(now) - kDayHours;
  const Hour* newest = nullptr;
  for (const Hour& slot : hours_) {
    if (slot.hour > limit || !slot.quote) continue;
    if (newest == nullptr || slot.hour > newest->hour) newest = &slot;
  }
  if (newest == nullptr && before_.hour <= limit) return before_.quote;
  return newest == nullptr ? std::nullopt : newest->quote;
}

}  // namespace evx::mock_kalshi
