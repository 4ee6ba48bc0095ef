#pragma once

#include <cstdint>
#include <mutex>

#include "absl/time/time.h"
#include "evx/core/clock.h"

namespace evx::mock_kalshi {

// Exchange time: what venue rules, expiry and event times use. Never goes back.
//
// Real: the wall clock, held at its last value while that steps back.
// Virtual: starts at a given time and moves by AdvanceTo and, with a speed factor above 0, by wall
// time times that factor. Signatures, heartbeats and rate buckets use wall time in either case.
// Thread-safe.
class ExchangeClock final : public Clock {
 public:
  enum class Mode : std::uint8_t { kReal, kVirtual };

  // `wall` must outlive this. `start` is used in virtual mode only.
  ExchangeClock(Mode mode, const Clock& wall, Timestamp start);

  Timestamp Now() const override;
  Mode mode() const { return mode_; }

  // Virtual mode only; false in real mode. A time in the past changes nothing.
  bool AdvanceTo(Timestamp time);
  // Virtual seconds per wall second in thousandths, 0 .. 1,000,000. False in real mode.
  bool SetSpeed(std::int64_t speed_thousandths);
  std::int64_t speed_thousandths() const;

  // Never show a time before this one: recovery calls it with the last time in the journal.
  void RaiseTo(Timestamp time);

  // How long to wait on the wall clock until Now() reaches `time`: zero when it has,
  // InfiniteDuration when time stands still.
  absl::Duration WallTimeUntil(Timestamp time) const;

 private:
  Timestamp NowLocked() const;

  const Mode mode_;
  const Clock& wall_;
  mutable std::mutex mutex_;
  mutable Timestamp last_;
  Timestamp base_;
  Timestamp wall_base_;
  std::int64_t speed_thousandths_ = 0;
};

}  // namespace evx::mock_kalshi
