#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "evx/core/money.h"

// The venue's fee model, in integers.
//
//   model fee = coefficient * multiplier * contracts * P * (1 - P)
//
// with the coefficients below; P is the YES price, and the formula gives the same for NO. The model
// fee of a fill is rounded up to one micro-dollar (the trade fee); what follows - aligning the
// balance, the accumulator of the order, rebates - is Ledger::ApplyFill.
// Source: the venue's fee schedule and its page on fee rounding.

namespace evx::ledger {

// How a series charges.            taker    maker
enum class FeeType : std::uint8_t {
  kQuadratic,                    //  0.07     0
  kQuadraticWithMakerFees,       //  0.07     0.0175 (a quarter)
  kQuadraticWithComboMakerFees,  //  0.07     0.035  (half)
  kFlat,                         // Has a table that is not established here; FeeTerms refuses it.
};

// The venue's spelling: "quadratic_with_maker_fees". Nothing for an unknown name.
std::optional<FeeType> ParseFeeType(std::string_view name);
std::string_view Name(FeeType type);

// A factor on both fees in millionths; live values are 1, 0.5 and 0 (free).
class FeeMultiplier {
 public:
  // 10: far above any live value. Up to here a better price never costs more with its fee than the
  // limit price does, which is what makes a hold at the limit price sufficient.
  static constexpr std::int64_t kMillionthsMax = 10'000'000;

  constexpr FeeMultiplier() = default;
  // Aborts unless 0 <= millionths <= kMillionthsMax; check input with IsValid first.
  static constexpr FeeMultiplier FromMillionths(std::int64_t millionths) {
    EVX_CHECK(IsValid(millionths));
    return FeeMultiplier(millionths);
  }
  static constexpr bool IsValid(std::int64_t millionths) {
    return millionths >= 0 && millionths <= kMillionthsMax;
  }
  constexpr std::int64_t millionths() const { return millionths_; }
  friend constexpr auto operator<=>(FeeMultiplier, FeeMultiplier) = default;

 private:
  constexpr explicit FeeMultiplier(std::int64_t millionths) : millionths_(millionths) {}
  std::int64_t millionths_ = 1'000'000;
};

// What a series charges, or what an event charges instead.
struct FeeSchedule {
  FeeType type = FeeType::kQuadratic;
  FeeMultiplier multiplier;
  friend constexpr bool operator==(const FeeSchedule&, const FeeSchedule&) = default;
};

// The schedule in force for a market: the event's override wins over its series. Scheduled changes
// and waivers with an end are the caller's: it asks again when one takes effect.
constexpr FeeSchedule EffectiveFeeSchedule(const FeeSchedule& series,
                                           const std::optional<FeeSchedule>& event_override) {
  return event_override ? *event_override : series;
}

// A schedule compiled to two rates: what ApplyFill and Reserve work with. Sixteen bytes; keep one
// per market and replace it when the schedule changes. Default: free.
class FeeTerms {
 public:
  constexpr FeeTerms() = default;
  static constexpr FeeTerms Free() { return {}; }
  // Unimplemented for kFlat.
  static absl::StatusOr<FeeTerms> FromSchedule(const FeeSchedule& schedule);

  // The model fee rounded up to one micro-dollar; the rounding favors the exchange.
  Money TakerFee(Price price, Quantity quantity) const {
    return TradeFee(taker_rate_, price, quantity);
  }
  Money MakerFee(Price price, Quantity quantity) const {
    return TradeFee(maker_rate_, price, quantity);
  }

  friend constexpr bool operator==(const FeeTerms&, const FeeTerms&) = default;

 private:
  constexpr FeeTerms(std::int64_t taker_rate, std::int64_t maker_rate)
      : taker_rate_(taker_rate), maker_rate_(maker_rate) {}
  static Money TradeFee(std::int64_t rate, Price price, Quantity quantity);

  // Coefficient times multiplier, in units of 1e-10: exact for every multiplier in millionths.
  std::int64_t taker_rate_ = 0;
  std::int64_t maker_rate_ = 0;
};

}  // namespace evx::ledger
