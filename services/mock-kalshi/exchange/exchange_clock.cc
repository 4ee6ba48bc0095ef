#include "exchange/exchange_clock.h"

#include <algorithm>

namespace evx::mock_kalshi {
namespace {

constexpr std::int64_t kSpeedMax = 1'000'000;

}  // namespace

ExchangeClock::ExchangeClock(Mode mode, const Clock& wall, Timestamp start)
    : mode_(mode), wall_(wall), base_(start), wall_base_(wall.Now()) {
  if (mode_ == Mode::kVirtual) last_ = start;
}

Timestamp ExchangeClock::NowLocked() const {
  Timestamp now;
  if (mode_ == Mode::kReal) {
    now = wall_.Now();
  } else {
    const std::int64_t elapsed =
        std::max<std::int64_t>(0, wall_.Now().nanos() - wall_base_.nanos());
    const auto moved = static_cast<__int128>(elapsed) * speed_thousandths_ / 1000;
    now = Timestamp::FromNanos(base_.nanos() + static_cast<std::int64_t>(moved));
  }
  last_ = std::max(last_, now);
  return last_;
}

Timestamp ExchangeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return NowLocked();
}

bool ExchangeClock::AdvanceTo(Timestamp time) {
  if (mode_ == Mode::kReal) return false;
  const std::lock_guard lock(mutex_);
  base_ = std::max(NowLocked(), time);
  wall_base_ = wall_.Now();
  last_ = base_;
  return true;
}

bool ExchangeClock::SetSpeed(std::int64_t speed_thousandths) {
  if (mode_ == Mode::kReal) return false;
  const std::lock_guard lock(mutex_);
  base_ = NowLocked();
  wall_base_ = wall_.Now();
  speed_thousandths_ = std::clamp<std::int64_t>(speed_thousandths, 0, kSpeedMax);
  return true;
}

std::int64_t ExchangeClock::speed_thousandths() const {
  const std::lock_guard lock(mutex_);
  return mode_ == Mode::kReal ? 1000 : speed_thousandths_;
}

void ExchangeClock::RaiseTo(Timestamp time) {
  const std::lock_guard lock(mutex_);
  last_ = std::max(last_, time);
  if (mode_ == Mode::kVirtual && base_ < time) {
    base_ = time;
    wall_base_ = wall_.Now();
  }
}

absl::Duration ExchangeClock::WallTimeUntil(Timestamp time) const {
  const std::lock_guard lock(mutex_);
  const std::int64_t wait = time.nanos() - NowLocked().nanos();
  if (wait <= 0) return absl::ZeroDuration();
  const std::int64_t speed = mode_ == Mode::kReal ? 1000 : speed_thousandths_;
  if (speed == 0) return absl::InfiniteDuration();
  return absl::Nanoseconds(wait) * 1000 / speed + absl::Microseconds(1);
}

}  // namespace evx::mock_kalshi
