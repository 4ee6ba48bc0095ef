#include "evx/ledger/fees.h"

#include "evx/core/status.h"

namespace evx::ledger {
namespace {

// The coefficients of the venue's formula in units of 1e-4 (0.07, 0.0175, 0.035), so that times a
// multiplier in millionths they are rates in units of 1e-10.
constexpr std::int64_t kTakerCoefficient = 700;
constexpr std::int64_t kMakerCoefficient = 175;
constexpr std::int64_t kComboMakerCoefficient = 350;

std::int64_t MakerCoefficient(FeeType type) {
  switch (type) {
    case FeeType::kQuadratic:
      return 0;
    case FeeType::kQuadraticWithMakerFees:
      return kMakerCoefficient;
    case FeeType::kQuadraticWithComboMakerFees:
      return kComboMakerCoefficient;
    case FeeType::kFlat:
      break;
  }
  return 0;
}

}  // namespace

std::optional<FeeType> ParseFeeType(std::string_view name) {
  for (const FeeType type : {FeeType::kQuadratic, FeeType::kQuadraticWithMakerFees,
                             FeeType::kQuadraticWithComboMakerFees, FeeType::kFlat}) {
    if (Name(type) == name) return type;
  }
  return std::nullopt;
}

std::string_view Name(FeeType type) {
  switch (type) {
    case FeeType::kQuadratic:
      return "quadratic";
    case FeeType::kQuadraticWithMakerFees:
      return "quadratic_with_maker_fees";
    case FeeType::kQuadraticWithComboMakerFees:
      return "quadratic_with_combo_maker_fees";
    case FeeType::kFlat:
      return "flat";
  }
  return "";
}

absl::StatusOr<FeeTerms> FeeTerms::FromSchedule(const FeeSchedule& schedule) {
  if (schedule.type == FeeType::kFlat) {
    return absl::UnimplementedError("fee type flat: its fee table is not established");
  }
  const std::int64_t multiplier = schedule.multiplier.millionths();
  return FeeTerms(kTakerCoefficient * multiplier, MakerCoefficient(schedule.type) * multiplier);
}

Money FeeTerms::TradeFee(std::int64_t rate, Price price, Quantity quantity) {
  EVX_CHECK(quantity >= Quantity());
  if (rate == 0) return Money();
  // rate * 1e-10 * (centis * 1e-2) * (p * 1e-4) * (q * 1e-4) dollars, in micro-dollars:
  // rate * centis * p * q / 1e14. At most 7e9 * 1e12 * 2.5e7, far below 2^127.
  constexpr unsigned __int128 kDivisor = 100'000'000'000'000;
  const std::int64_t p = price.micros() / Price::kGranularityMicros;
  const std::int64_t q = price.Complement().micros() / Price::kGranularityMicros;
  const unsigned __int128 numerator = static_cast<unsigned __int128>(rate * (p * q)) *
                                      static_cast<std::uint64_t>(quantity.centis());
  return Money::FromMicros(static_cast<std::int64_t>((numerator + kDivisor - 1) / kDivisor));
}

}  // namespace evx::ledger
