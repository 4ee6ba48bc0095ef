#pragma once

#include <cstdint>
#include <optional>

#include "evx/core/check.h"

// Integer arithmetic that cannot overflow silently, and divisions that say how they round.
// The plain forms (Add, Subtract, Multiply) abort on overflow and are for values that were bounded
// when they entered; the Try forms return nothing and are for values from outside.

namespace evx {

constexpr std::optional<std::int64_t> TryAdd(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

constexpr std::optional<std::int64_t> TrySubtract(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
  return result;
}

constexpr std::optional<std::int64_t> TryMultiply(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

constexpr std::int64_t Add(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  EVX_CHECK(!__builtin_add_overflow(a, b, &result));
  return result;
}

constexpr std::int64_t Subtract(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  EVX_CHECK(!__builtin_sub_overflow(a, b, &result));
  return result;
}

constexpr std::int64_t Multiply(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  EVX_CHECK(!__builtin_mul_overflow(a, b, &result));
  return result;
}

// Largest integer not above a / b; b > 0.
constexpr std::int64_t DivideFloor(std::int64_t a, std::int64_t b) {
  EVX_CHECK(b > 0);
  const std::int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

// Smallest integer not below a / b; b > 0.
constexpr std::int64_t DivideCeil(std::int64_t a, std::int64_t b) {
  EVX_CHECK(b > 0);
  const std::int64_t quotient = a / b;
  return a % b > 0 ? quotient + 1 : quotient;
}

// Nearest integer to a / b, ties to the even one; b > 0. Favors nobody over many divisions.
constexpr std::int64_t DivideHalfEven(std::int64_t a, std::int64_t b) {
  const std::int64_t floor = DivideFloor(a, b);
  const std::int64_t twice = Multiply(2, a - floor * b);
  if (twice > b || (twice == b && floor % 2 != 0)) return floor + 1;
  return floor;
}

}  // namespace evx
