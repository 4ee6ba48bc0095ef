#include "json_writer.h"

#include "evx/core/decimal.h"
#include "evx/kalshi/number.h"

namespace evx::kalshi {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Length of the UTF-8 sequence at the start of `text`, 0 when it is not one.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && byte(i) >> 6 == 2; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead < 0xf0) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;   // Overlong.
    if (lead == 0xed && byte(1) >= 0xa0) return 0;  // Surrogates.
    return 3;
  }
  if (lead >= 0xf0 && lead < 0xf5) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

void AppendEscape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00");
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t plain = i;
    while (plain < text.size() && IsPlain(text[plain])) ++plain;
    out.append(text, i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const std::size_t length = Utf8Length(text.substr(i));
    if (length == 0) {
      out.append(kReplacement);
      ++i;
    } else if (length == 1 && text[i] != 0x7f) {
      AppendEscape(out, text[i++]);
    } else {
      out.append(text, i, length);
      i += length;
    }
  }
  out.push_back('"');
}

void JsonWriter::PriceField(std::string_view name, Price value) {
  Key(name);
  Quoted([&] { AppendPrice(out_, value); });
}

void JsonWriter::PriceOrNull(std::string_view name, const std::optional<Price>& value) {
  if (value) {
    PriceField(name, *value);
  } else {
    Key(name);
    Null();
  }
}

void JsonWriter::Money4(std::string_view name, Money value) {
  Key(name);
  Quoted([&] { AppendMoney4(out_, value); });
}

void JsonWriter::Money6(std::string_view name, Money value) {
  Key(name);
  Quoted([&] { AppendMoney6(out_, value); });
}

void JsonWriter::Count(std::string_view name, Quantity value) {
  Key(name);
  Quoted([&] { AppendCount(out_, value); });
}

void JsonWriter::Time(std::string_view name, Timestamp value) {
  Key(name);
  Quoted([&] { out_.append(FormatRfc3339(value)); });
}

void JsonWriter::TimeOrNull(std::string_view name, Timestamp value) {
  if (value) {
    Time(name, value);
  } else {
    Key(name);
    Null();
  }
}

void JsonWriter::Micros(std::string_view name, std::int64_t value) {
  Key(name);
  AppendDecimal(out_, value, 6, 6);
  while (out_.back() == '0') out_.pop_back();
  if (out_.back() == '.') out_.pop_back();
}

}  // namespace evx::kalshi
