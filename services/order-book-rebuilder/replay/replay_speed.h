#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace evx::order_book_rebuilder {

// How fast a recording is played: 0.1 to 1,000 times its own speed, or as fast as it goes.
class ReplaySpeed {
 public:
  static constexpr std::int64_t kPercentMin = 10;
  static constexpr std::int64_t kPercentMax = 100'000;

  constexpr ReplaySpeed() = default;  // The recording's own.
  // kPercentMin .. kPercentMax; aborts otherwise.
  static ReplaySpeed FromPercent(std::int64_t percent);
  static constexpr ReplaySpeed Max() { return ReplaySpeed(0); }
  // "0.1", "1", "12.5", "max". INVALID_ARGUMENT names the text and the bounds.
  static absl::StatusOr<ReplaySpeed> Parse(std::string_view text);

  // As Parse takes it, without needless zeros: "0.1", "12.5", "max".
  std::string ToString() const;

  constexpr bool is_max() const { return percent_ == 0; }
  // Nanoseconds of the recording that pass in so many of ours, rounded down. Not for max. Spans
  // that do not fit are cut to the longest that does.
  std::int64_t ToRecorded(std::int64_t nanos) const;
  // The other way, rounded up.
  std::int64_t FromRecorded(std::int64_t nanos) const;

  friend constexpr bool operator==(ReplaySpeed, ReplaySpeed) = default;

 private:
  explicit constexpr ReplaySpeed(std::int64_t percent) : percent_(percent) {}
  std::int64_t percent_ = 100;  // 0: max.
};

}  // namespace evx::order_book_rebuilder
