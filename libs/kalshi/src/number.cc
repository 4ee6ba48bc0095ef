#include "evx/kalshi/number.h"

#include "evx/core/decimal.h"

namespace evx::kalshi {
namespace {

// Dollars have 6 digits here, contracts 2.
constexpr int kMoneyScale = 6;
constexpr int kCountScale = 2;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool IsDecimalText(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = i;
  while (i < text.size() && IsDigit(text[i])) ++i;
  if (i == whole) return false;
  if (i == text.size()) return true;
  if (text[i++] != '.') return false;
  const std::size_t fraction = i;
  while (i < text.size() && IsDigit(text[i])) ++i;
  return i > fraction && i == text.size();
}

std::optional<Price> ParsePrice(std::string_view text) {
  const auto micros = ParseDecimal(text, kMoneyScale);
  if (!micros || !Price::IsValid(*micros)) return std::nullopt;
  return Price::FromMicros(*micros);
}

std::optional<Money> ParseMoney(std::string_view text) {
  const auto micros = ParseDecimal(text, kMoneyScale);
  if (!micros) return std::nullopt;
  return Money::FromMicros(*micros);
}

std::optional<Quantity> ParseCount(std::string_view text) {
  const auto centis = ParseDecimal(text, kCountScale);
  if (!centis || *centis > kCountMax.centis() || *centis < -kCountMax.centis()) {
    return std::nullopt;
  }
  return Quantity::FromCentis(*centis);
}

void AppendPrice(std::string& out, Price price) {
  // The order book's hot path: a price has one digit before the point and four after it.
  auto rest = static_cast<std::uint32_t>(price.micros() / Price::kGranularityMicros);
  char text[6];
  for (int i = 5; i >= 2; --i) {
    text[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  text[1] = '.';
  text[0] = static_cast<char>('0' + rest);
  out.append(text, sizeof text);
}

void AppendMoney4(std::string& out, Money money) {
  AppendDecimal(out, money.micros(), kMoneyScale, 4);
}

void AppendMoney6(std::string& out, Money money) {
  AppendDecimal(out, money.micros(), kMoneyScale, 6);
}

void AppendCount(std::string& out, Quantity quantity) {
  AppendDecimal(out, quantity.centis(), kCountScale, 2);
}

std::string FormatPrice(Price price) {
  std::string out;
  AppendPrice(out, price);
  return out;
}

std::string FormatMoney4(Money money) { return FormatDecimal(money.micros(), kMoneyScale, 4); }
std::string FormatMoney6(Money money) { return FormatDecimal(money.micros(), kMoneyScale, 6); }
std::string FormatCount(Quantity quantity) {
  return FormatDecimal(quantity.centis(), kCountScale, 2);
}

std::optional<int> ToCents(Price price) {
  if (price.micros() % 10'000 != 0) return std::nullopt;
  return static_cast<int>(price.micros() / 10'000);
}

std::int64_t ToCentsTruncated(Money money) { return money.micros() / 10'000; }

}  // namespace evx::kalshi
