#include "evx/core/decimal.h"

#include <charconv>

#include "evx/core/arithmetic.h"

namespace evx {
namespace {

constexpr std::int64_t kPowersOfTen[] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> ParseDecimal(std::string_view text, int scale,
                                         int fraction_digits_max) {
  EVX_CHECK(scale >= 0 && scale <= 9);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;

  std::int64_t value = 0;
  std::size_t i = 0;
  const auto push = [&value](char digit) {
    return !__builtin_mul_overflow(value, 10, &value) &&
           !__builtin_add_overflow(value, digit - '0', &value);
  };
  for (; i < text.size() && IsDigit(text[i]); ++i) {
    if (!push(text[i])) return std::nullopt;
  }
  int fraction_digits = 0;
  if (i < text.size()) {
    if (text[i] != '.' || i + 1 == text.size()) return std::nullopt;
    for (++i; i < text.size(); ++i) {
      if (!IsDigit(text[i])) return std::nullopt;
      if (++fraction_digits > fraction_digits_max) return std::nullopt;
      if (fraction_digits > scale) {
        if (text[i] != '0') return std::nullopt;
      } else if (!push(text[i])) {
        return std::nullopt;
      }
    }
  }
  const int missing = scale - (fraction_digits < scale ? fraction_digits : scale);
  if (__builtin_mul_overflow(value, kPowersOfTen[missing], &value)) return std::nullopt;
  return negative ? -value : value;
}

void AppendDecimal(std::string& out, std::int64_t value, int scale, int digits) {
  EVX_CHECK(scale >= 0 && scale <= 9 && digits >= 0);
  std::uint64_t magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (digits < scale) magnitude /= static_cast<std::uint64_t>(kPowersOfTen[scale - digits]);
  const int kept = digits < scale ? digits : scale;
  const auto unit = static_cast<std::uint64_t>(kPowersOfTen[kept]);
  if (value < 0 && magnitude != 0) out.push_back('-');
  char buffer[24];
  const auto whole = std::to_chars(buffer, buffer + sizeof buffer, magnitude / unit);
  out.append(buffer, whole.ptr);
  if (digits == 0) return;
  out.push_back('.');
  std::uint64_t fraction = magnitude % unit;
  char places[9];
  for (int i = kept; i-- > 0; fraction /= 10) places[i] = static_cast<char>('0' + fraction % 10);
  out.append(places, static_cast<std::size_t>(kept));
  out.append(static_cast<std::size_t>(digits - kept), '0');
}

std::string FormatDecimal(std::int64_t value, int scale, int digits) {
  std::string out;
  AppendDecimal(out, value, scale, digits);
  return out;
}

}  // namespace evx
