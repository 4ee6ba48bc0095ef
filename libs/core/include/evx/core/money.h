#pragma once

#include <compare>
#include <cstdint>

#include "evx/core/arithmetic.h"

// Price, Quantity and Money: integers with a unit that the compiler keeps apart.
//
//   Price     micro-dollars per contract (1,000,000 = $1), a multiple of $0.0001
//   Quantity  hundredths of a contract (100 = one contract), signed for positions and deltas
//   Money     micro-dollars, signed
//
// Only meaningful operators exist: Price * Quantity is Money, Price + Price does not compile.
// A price is a multiple of 100 micro-dollars, so that product is exact. Every operation checks
// for overflow and aborts (see arithmetic.h); values from outside are bounded before they get here.

namespace evx {

class Money {
 public:
  constexpr Money() = default;
  static constexpr Money FromMicros(std::int64_t micros) { return Money(micros); }
  static constexpr Money FromCents(std::int64_t cents) { return Money(Multiply(cents, 10'000)); }
  static constexpr Money FromDollars(std::int64_t dollars) {
    return Money(Multiply(dollars, 1'000'000));
  }

  constexpr std::int64_t micros() const { return micros_; }

  constexpr Money& operator+=(Money other) { return *this = *this + other; }
  constexpr Money& operator-=(Money other) { return *this = *this - other; }
  friend constexpr Money operator+(Money a, Money b) { return Money(Add(a.micros_, b.micros_)); }
  friend constexpr Money operator-(Money a, Money b) {
    return Money(Subtract(a.micros_, b.micros_));
  }
  friend constexpr Money operator-(Money a) { return Money(Subtract(0, a.micros_)); }
  friend constexpr auto operator<=>(Money, Money) = default;

 private:
  constexpr explicit Money(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

// Largest multiple of `unit` not above `amount` (toward minus infinity); unit > 0.
constexpr Money FloorTo(Money amount, Money unit) {
  return Money::FromMicros(Multiply(DivideFloor(amount.micros(), unit.micros()), unit.micros()));
}

// Smallest multiple of `unit` not below `amount`; unit > 0.
constexpr Money CeilTo(Money amount, Money unit) {
  return Money::FromMicros(Multiply(DivideCeil(amount.micros(), unit.micros()), unit.micros()));
}

class Quantity {
 public:
  constexpr Quantity() = default;
  static constexpr Quantity FromCentis(std::int64_t centis) { return Quantity(centis); }
  static constexpr Quantity FromContracts(std::int64_t contracts) {
    return Quantity(Multiply(contracts, 100));
  }

  constexpr std::int64_t centis() const { return centis_; }
  constexpr bool is_zero() const { return centis_ == 0; }

  constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }
  constexpr Quantity& operator-=(Quantity other) { return *this = *this - other; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(Add(a.centis_, b.centis_));
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(Subtract(a.centis_, b.centis_));
  }
  friend constexpr Quantity operator-(Quantity a) { return Quantity(Subtract(0, a.centis_)); }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  constexpr explicit Quantity(std::int64_t centis) : centis_(centis) {}
  std::int64_t centis_ = 0;
};

class Price {
 public:
  // The finest tick of any market: $0.0001.
  static constexpr std::int64_t kGranularityMicros = 100;
  static constexpr std::int64_t kDollarMicros = 1'000'000;

  constexpr Price() = default;
  // micros: 0 .. 1,000,000, a multiple of 100. Aborts otherwise; check input with IsValid first.
  static constexpr Price FromMicros(std::int64_t micros) {
    EVX_CHECK(IsValid(micros));
    return Price(micros);
  }
  static constexpr Price FromCents(std::int64_t cents) {
    return FromMicros(Multiply(cents, 10'000));
  }
  static constexpr bool IsValid(std::int64_t micros) {
    return micros >= 0 && micros <= kDollarMicros && micros % kGranularityMicros == 0;
  }

  constexpr std::int64_t micros() const { return micros_; }
  // The price of the opposite contract: $1 minus this one.
  constexpr Price Complement() const { return Price(kDollarMicros - micros_); }

  friend constexpr auto operator<=>(Price, Price) = default;

 private:
  constexpr explicit Price(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

// Exact: a price is a multiple of 100 micro-dollars, a quantity counts hundredths.
constexpr Money operator*(Price price, Quantity quantity) {
  return Money::FromMicros(Multiply(price.micros() / Price::kGranularityMicros, quantity.centis()));
}

// What a quantity pays when every contract pays $1.
constexpr Money FaceValue(Quantity quantity) {
  return Money::FromMicros(Multiply(quantity.centis(), 10'000));
}

}  // namespace evx
