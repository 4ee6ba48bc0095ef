#include "evx/kalshi/query.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/kalshi/requests.h"

namespace evx::kalshi {
namespace {

// The year 2255: nanoseconds still fit in 64 bits.
constexpr std::int64_t kSecondsMax = 9'000'000'000;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

}  // namespace

QueryString QueryString::Parse(std::string_view query) {
  QueryString parsed;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    if (parsed.parameters_.size() == kParameterCountMax) {
      parsed.too_long_ = true;
      break;
    }
    const std::size_t equals = pair.find('=');
    auto name = DecodePercent(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : DecodePercent(pair.substr(equals + 1), true);
    if (name && value) parsed.parameters_.emplace_back(*std::move(name), *std::move(value));
  }
  return parsed;
}

std::optional<std::string_view> QueryString::Get(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key != name) continue;
    if (value.empty()) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> QueryString::GetAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : parameters_) {
    if (key == name && !value.empty()) values.push_back(value);
  }
  return values;
}

Target SplitTarget(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> DecodePathSegment(std::string_view segment) {
  return DecodePercent(segment, false);
}

std::string EncodeUrl(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

ParameterReader::ParameterReader(std::string_view operation, const QueryString& query)
    : operation_(operation), query_(query) {
  if (query.too_long()) {
    Fail("query", absl::StrCat("has more than ", QueryString::kParameterCountMax, " parameters"));
  }
}

void ParameterReader::Fail(std::string_view name, std::string_view fault) {
  if (error_) return;
  error_ = MakeParameterError(operation_, ToStd(absl::StrCat(ToAbsl(name), " ", ToAbsl(fault))));
}

std::optional<std::int64_t> ParameterReader::Integer(std::string_view name, std::int64_t min,
                                                     std::int64_t max) {
  const auto text = query_.Get(name);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (fault != std::errc() || end != text->data() + text->size()) {
    Fail(name, "must be an integer");
    return std::nullopt;
  }
  if (value < min || value > max) {
    Fail(name, absl::StrCat("is ", value, ", outside ", min, " to ", max));
    return std::nullopt;
  }
  return value;
}

int ParameterReader::Limit(int min, int max, int otherwise) {
  const auto limit = Integer("limit", min, max);
  return limit && *limit != 0 ? static_cast<int>(*limit) : otherwise;
}

std::optional<bool> ParameterReader::OptionalFlag(std::string_view name) {
  const auto text = query_.Get(name);
  if (!text) return std::nullopt;
  for (const std::string_view word : {"true", "True", "TRUE", "t", "T", "1"}) {
    if (*text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "f", "F", "0"}) {
    if (*text == word) return false;
  }
  Fail(name, "must be true or false");
  return std::nullopt;
}

bool ParameterReader::Flag(std::string_view name, bool otherwise) {
  return OptionalFlag(name).value_or(otherwise);
}

std::string ParameterReader::Text(std::string_view name) {
  return std::string(query_.Get(name).value_or(""));
}

Timestamp ParameterReader::Seconds(std::string_view name) {
  return Timestamp::FromSeconds(Integer(name, 0, kSecondsMax).value_or(0));
}

Timestamp ParameterReader::RequiredSeconds(std::string_view name) {
  if (!Has(name)) Fail(name, "is required");
  return Seconds(name);
}

std::vector<std::string> ParameterReader::List(std::string_view name, std::size_t size_max) {
  auto items = SplitList(query_.Get(name).value_or(""));
  if (items.size() > size_max) {
    Fail(name, absl::StrCat("has ", items.size(), " items; allowed are ", size_max));
  }
  return items;
}

std::vector<std::string> ParameterReader::Repeated(std::string_view name, std::size_t size_max) {
  const auto values = query_.GetAll(name);
  if (values.size() > size_max) {
    Fail(name, absl::StrCat("is sent ", values.size(), " times; allowed are ", size_max));
  }
  return {values.begin(), values.end()};
}

std::optional<SubaccountNumber> ParameterReader::Subaccount() {
  const auto number = Integer("subaccount", 0, kSubaccountNumberMax);
  if (!number) return std::nullopt;
  return static_cast<SubaccountNumber>(*number);
}

std::optional<std::int32_t> ParameterReader::ExchangeIndex(std::int32_t min) {
  const auto index = Integer("exchange_index", min, kExchangeIndexMax);
  if (!index) return std::nullopt;
  return static_cast<std::int32_t>(*index);
}

}  // namespace evx::kalshi
