#include "replay/replay_speed.h"

#include <string>

#include "evx/core/check.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr std::int64_t kUnitPercent = 100;

// Whether `nanos * factor` and a rest of one more fit.
bool Fits(std::int64_t nanos, std::int64_t factor) { return nanos < INT64_MAX / factor - 1; }

}  // namespace

ReplaySpeed ReplaySpeed::FromPercent(std::int64_t percent) {
  EVX_CHECK(percent >= kPercentMin && percent <= kPercentMax);
  return ReplaySpeed(percent);
}

absl::StatusOr<ReplaySpeed> ReplaySpeed::Parse(std::string_view text) {
  if (text == "max") return Max();
  const auto percent = ParseDecimal(text, /*scale=*/2);
  if (!percent || *percent < kPercentMin || *percent > kPercentMax) {
    return InvalidArgument("speed " + std::string(text) +
                           " is neither max nor between 0.1 and 1000 with two digits");
  }
  return ReplaySpeed(*percent);
}

std::string ReplaySpeed::ToString() const {
  if (is_max()) return "max";
  const int digits = percent_ % 100 == 0 ? 0 : percent_ % 10 == 0 ? 1 : 2;
  return FormatDecimal(percent_, /*scale=*/2, digits);
}

std::int64_t ReplaySpeed::ToRecorded(std::int64_t nanos) const {
  EVX_CHECK(!is_max());
  const std::int64_t units = nanos / kUnitPercent;
  if (!Fits(units, percent_)) return INT64_MAX;
  return units * percent_ + nanos % kUnitPercent * percent_ / kUnitPercent;
}

std::int64_t ReplaySpeed::FromRecorded(std::int64_t nanos) const {
  EVX_CHECK(!is_max());
  const std::int64_t units = nanos / percent_;
  if (!Fits(units, kUnitPercent)) return INT64_MAX;
  return units * kUnitPercent + (nanos % percent_ * kUnitPercent + percent_ - 1) / percent_;
}

}  // namespace evx::order_book_rebuilder
