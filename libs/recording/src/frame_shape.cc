#include "frame_shape.h"

#include <array>
#include <cstring>

#include "evx/core/decimal.h"
#include "evx/recording/limits.h"

namespace evx::recording {
namespace {

// Digits of a number that surely fits in 64 bits.
constexpr std::size_t kDigitsMax = 18;
constexpr std::uint8_t kScaleMax = 9;
constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::size_t kUuidSize = 36;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsNumberPart(char c) {
  return IsDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// Whether AppendDecimal(value, scale, scale) gives exactly this text.
bool ParseExactDecimal(std::string_view text, std::int64_t& value, std::uint8_t& scale) {
  const bool negative = !text.empty() && text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > kDigitsMax + 1) return false;
  if (digits[0] == '0' && digits.size() > 1 && digits[1] != '.') return false;
  std::size_t point = digits.size();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (IsDigit(digits[i])) {
      number = number * 10 + static_cast<std::uint64_t>(digits[i] - '0');
    } else if (digits[i] == '.' && point == digits.size() && i > 0 && i + 1 < digits.size()) {
      point = i;
    } else {
      return false;
    }
  }
  const std::size_t fraction = point == digits.size() ? 0 : digits.size() - point - 1;
  if (fraction > kScaleMax || (fraction == 0 && digits.size() > kDigitsMax)) return false;
  if (negative && number == 0) return false;
  value = negative ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number);
  scale = static_cast<std::uint8_t>(fraction);
  return true;
}

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidSize) return false;
  for (std::size_t i = 0; i < kUuidSize; ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !(IsDigit(c) || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

int TwoDigits(const char* at) { return (at[0] - '0') * 10 + (at[1] - '0'); }

// Days since 1970-01-01 of the proleptic Gregorian calendar, and back (Hinnant's algorithm).
std::int64_t DaysFromCivil(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097LL + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

void AppendDigits(std::string& out, std::int64_t value, int count) {
  std::array<char, 20> digits;
  for (int i = count; i-- > 0; value /= 10) {
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  }
  out.append(digits.data(), static_cast<std::size_t>(count));
}

bool ParseExactTime(std::string_view text, std::int64_t& micros, std::uint8_t& detail) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() < kForm.size() + 1 || text.size() > kForm.size() + 8 || text.back() != 'Z') {
    return false;
  }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !IsDigit(text[i]) : text[i] != kForm[i]) return false;
  }
  const char* at = text.data();
  const int year = TwoDigits(at) * 100 + TwoDigits(at + 2);
  if (year < 1970) return false;
  const std::int64_t seconds =
      TwoDigits(at + 11) * 3600 + TwoDigits(at + 14) * 60 + TwoDigits(at + 17);
  std::int64_t fraction = 0;
  detail = 0;
  if (text.size() > kForm.size() + 1) {
    const std::string_view digits = text.substr(kForm.size() + 1, text.size() - kForm.size() - 2);
    if (text[kForm.size()] != '.' || digits.empty()) return false;
    for (const char c : digits) {
      if (!IsDigit(c)) return false;
      fraction = fraction * 10 + (c - '0');
    }
    for (std::size_t i = digits.size(); i < 6; ++i) fraction *= 10;
    if (digits.back() == '0') detail = static_cast<std::uint8_t>(digits.size());
  }
  micros = DaysFromCivil(year, TwoDigits(at + 5), TwoDigits(at + 8)) * kMicrosPerDay +
           seconds * 1'000'000 + fraction;
  // A day that the calendar does not have, or a leap second, comes back as another text.
  thread_local std::string again;
  again.clear();
  AppendTime(again, micros, detail);
  return again == text;
}

// `text` begins with `[[`. The length of the levels in it, 0 where they have another form.
std::size_t ParseLevels(std::string_view text, std::vector<Level>& levels, std::uint8_t& detail) {
  const std::size_t size_before = levels.size();
  std::size_t at = 1;
  const auto fail = [&] {
    levels.resize(size_before);
    return std::size_t{0};
  };
  const auto decimal = [&](std::string_view before, std::int64_t& value, std::uint8_t& scale) {
    if (text.substr(at, before.size()) != before) return false;
    at += before.size();
    const std::size_t end = text.find('"', at);
    if (end == std::string_view::npos) return false;
    const std::string_view digits = text.substr(at, end - at);
    at = end;
    return ParseExactDecimal(digits, value, scale);
  };
  bool first = true;
  while (true) {
    Level level;
    std::uint8_t price_scale = 0;
    std::uint8_t quantity_scale = 0;
    if (!decimal("[\"", level.price, price_scale)) return fail();
    if (!decimal("\",\"", level.quantity, quantity_scale)) return fail();
    if (text.substr(at, 2) != "\"]") return fail();
    at += 2;
    const auto scales = static_cast<std::uint8_t>(price_scale * 16 + quantity_scale);
    if (!first && scales != detail) return fail();
    detail = scales;
    first = false;
    levels.push_back(level);
    if (at >= text.size()) return fail();
    if (text[at] == ']') return at + 1;
    if (text[at] != ',') return fail();
    ++at;
  }
}

// The index of the quote that ends the string whose first character is at `at`; npos without one.
std::size_t EndOfString(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at;
    }
  }
  return std::string_view::npos;
}

class Cutter {
 public:
  Cutter(std::string_view frame, CutFrame& out) : frame_(frame), out_(out) {}

  bool Run() {
    std::size_t at = 0;
    while (at < frame_.size()) {
      const char c = frame_[at];
      if (c == '"') {
        const std::size_t end = EndOfString(frame_, at + 1);
        if (end == std::string_view::npos) return false;
        if (IsMemberName(end + 1)) {
          at = end + 1;
        } else {
          if (!Value(at + 1, end)) return false;
          at = end;  // The closing quote is text of the shape.
          ++at;
        }
      } else if (IsDigit(c) || c == '-') {
        std::size_t end = at + 1;
        while (end < frame_.size() && IsNumberPart(frame_[end])) ++end;
        if (!Value(at, end)) return false;
        at = end;
      } else if (c == '[' && frame_.substr(at, 3) == "[[\"") {
        std::uint8_t detail = 0;
        const std::size_t before = out_.levels.size();
        const std::size_t size = ParseLevels(frame_.substr(at), out_.levels, detail);
        if (size == 0) {
          ++at;
          continue;
        }
        const auto count = static_cast<std::int64_t>(out_.levels.size() - before);
        if (!Slot({SlotKind::kLevels, count, {}}, detail, at, at + size)) return false;
        at += size;
      } else {
        ++at;
      }
    }
    out_.shape.append(frame_.substr(copied_));
    return true;
  }

 private:
  bool IsMemberName(std::size_t at) const {
    while (at < frame_.size() && IsBlank(frame_[at])) ++at;
    return at < frame_.size() && frame_[at] == ':';
  }

  bool Value(std::size_t begin, std::size_t end) {
    const std::string_view text = frame_.substr(begin, end - begin);
    SlotValue value{SlotKind::kText, 0, text};
    std::uint8_t detail = 0;
    if (ParseExactDecimal(text, value.number, detail)) {
      value.kind = SlotKind::kDecimal;
    } else if (ParseExactTime(text, value.number, detail)) {
      value.kind = SlotKind::kTime;
    } else {
      detail = 0;
      if (IsUuid(text)) value.kind = SlotKind::kUuid;
    }
    return Slot(value, detail, begin, end);
  }

  bool Slot(const SlotValue& value, std::uint8_t detail, std::size_t begin, std::size_t end) {
    if (out_.values.size() == kSlotsMax) return false;
    out_.shape.append(frame_.substr(copied_, begin - copied_));
    out_.shape.push_back('\0');
    out_.shape.push_back(static_cast<char>(value.kind));
    out_.shape.push_back(static_cast<char>(detail));
    out_.values.push_back(value);
    copied_ = end;
    return true;
  }

  std::string_view frame_;
  CutFrame& out_;
  // Bytes of the frame that are in the shape or in a value.
  std::size_t copied_ = 0;
};

// Follows the text of a shape and knows the member names around the place it has reached.
class PathTracker {
 public:
  void Feed(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (in_string_) {
        if (c == '\\') {
          ++at;
        } else if (c == '"') {
          in_string_ = false;
          name_ = text.substr(begin_, at - begin_);
        }
      } else if (c == '"') {
        in_string_ = true;
        begin_ = at + 1;
      } else if (c == '{' || c == '[') {
        names_.push_back(c == '{' ? member_ : member_ + "[]");
        member_.clear();
      } else if ((c == '}' || c == ']') && !names_.empty()) {
        names_.pop_back();
      } else if (c == ':') {
        member_ = name_;
      }
    }
    // A value between quotes: its opening quote ends this text, its closing one begins the next.
    if (in_string_) begin_ = 0;
  }

  std::string Path() const {
    std::string path;
    for (const std::string& name : names_) {
      if (!name.empty()) path += name + '.';
    }
    return path + member_;
  }

 private:
  std::vector<std::string> names_;
  std::string member_;
  std::string name_;
  bool in_string_ = false;
  std::size_t begin_ = 0;
};

}  // namespace

bool Cut(std::string_view frame, CutFrame& out) {
  out.shape.clear();
  out.values.clear();
  out.levels.clear();
  if (frame.empty() || std::memchr(frame.data(), 0, frame.size()) != nullptr) return false;
  return Cutter(frame, out).Run();
}

bool ParseShape(std::string_view stored, Shape& out) {
  PathTracker tracker;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = stored.find('\0', at);
    if (end == std::string_view::npos) {
      out.after = stored.substr(at);
      return true;
    }
    if (end + 3 > stored.size() || out.slots.size() == kSlotsMax) return false;
    ShapeSlot slot;
    const auto kind = static_cast<std::uint8_t>(stored[end + 1]);
    if (kind == 0 || kind > static_cast<std::uint8_t>(kSlotKindLast)) return false;
    slot.kind = static_cast<SlotKind>(kind);
    slot.detail = static_cast<std::uint8_t>(stored[end + 2]);
    slot.before = stored.substr(at, end - at);
    const bool detail_valid = slot.kind == SlotKind::kLevels
                                  ? slot.detail / 16 <= kScaleMax && slot.detail % 16 <= kScaleMax
                                  : slot.detail <= kScaleMax;
    if (!detail_valid) return false;
    tracker.Feed(slot.before);
    slot.path = tracker.Path();
    out.slots.push_back(std::move(slot));
    at = end + 3;
  }
}

void AppendTime(std::string& out, std::int64_t micros, std::uint8_t detail) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  AppendDigits(out, year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
  out.push_back('-');
  AppendDigits(out, month, 2);
  out.push_back('-');
  AppendDigits(out, day_of_year - (153 * shifted_month + 2) / 5 + 1, 2);
  out.push_back('T');
  const std::int64_t seconds = rest / 1'000'000;
  AppendDigits(out, seconds / 3600, 2);
  out.push_back(':');
  AppendDigits(out, seconds / 60 % 60, 2);
  out.push_back(':');
  AppendDigits(out, seconds % 60, 2);
  std::int64_t fraction = rest % 1'000'000;
  int digits = detail > 6 ? 6 : detail;
  if (detail == 0 && fraction != 0) {
    for (digits = 6; fraction % 10 == 0; --digits) fraction /= 10;
  } else {
    for (int i = digits; i < 6; ++i) fraction /= 10;
  }
  if (digits > 0) {
    out.push_back('.');
    AppendDigits(out, fraction, digits);
  }
  out.push_back('Z');
}

void AppendLevels(std::string& out, const Level* levels, std::size_t count, std::uint8_t detail) {
  out.push_back('[');
  for (std::size_t i = 0; i < count; ++i) {
    out.append(i == 0 ? "[\"" : ",[\"");
    AppendDecimal(out, levels[i].price, detail / 16, detail / 16);
    out.append("\",\"");
    AppendDecimal(out, levels[i].quantity, detail % 16, detail % 16);
    out.append("\"]");
  }
  out.push_back(']');
}

std::string PackUuid(std::string_view text) {
  std::string packed;
  int high = -1;
  for (const char c : text) {
    if (c == '-') continue;
    const int nibble = IsDigit(c) ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = nibble;
    } else {
      packed.push_back(static_cast<char>(high * 16 + nibble));
      high = -1;
    }
  }
  return packed;
}

void AppendUuid(std::string& out, std::string_view packed) {
  constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < packed.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    const auto byte = static_cast<std::uint8_t>(packed[i]);
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
}

}  // namespace evx::recording
