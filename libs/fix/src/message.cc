#include "evx/fix/message.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "evx/core/decimal.h"
#include "evx/fix/tags.h"

namespace evx::fix {
namespace {

constexpr std::string_view kPrefix =
    "8=FIXT.1.1\x01"
    "9=";
constexpr std::string_view kBegin = "8=FIX";
constexpr std::size_t kTrailerSize = 7;  // "10=000" SOH.
constexpr std::size_t kLengthDigitsMax = 7;

unsigned SumOf(std::string_view bytes) {
  unsigned sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  return sum & 0xff;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Where the bytes that are no message end: at the next begin of one, or at the end.
Frame SkipToBegin(std::string_view bytes, std::size_t from, std::string_view reason) {
  const std::size_t begin = bytes.find(kBegin, from);
  if (begin != std::string_view::npos) return {Frame::Status::kGarbled, begin, reason};
  // A begin may be cut in two by the end of what has arrived.
  const std::size_t keep = std::min(bytes.size() - from, kBegin.size() - 1);
  return {Frame::Status::kGarbled, bytes.size() - keep, reason};
}

// The end of the trailer of a message whose length cannot be trusted.
Frame SkipPastTrailer(std::string_view bytes, std::size_t from, std::string_view reason) {
  static constexpr std::string_view kTrailer =
      "\x01"
      "10=";
  const std::size_t trailer = bytes.find(kTrailer, from);
  if (trailer != std::string_view::npos) {
    const std::size_t end = trailer + 1 + kTrailerSize;
    if (end <= bytes.size()) {
      return {Frame::Status::kGarbled, bytes[end - 1] == kSoh ? end : trailer + 1, reason};
    }
    return {};
  }
  if (bytes.size() >= kMessageBytesMax) return {Frame::Status::kOversize, 0, reason};
  return {};
}

int TwoDigits(std::string_view text, std::size_t at) {
  if (!IsDigit(text[at]) || !IsDigit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

void AppendPadded(std::int64_t value, int digits, std::string& out) {
  char text[20];
  for (int i = digits; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

void AppendInteger(std::int64_t value, std::string& out) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

constexpr std::int64_t kSecondsPerDay = 86'400;

void AppendUtcDate(Timestamp time, std::string& out) {
  const std::int64_t days = time.seconds() / kSecondsPerDay;
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
  AppendPadded(day.year(), 4, out);
  AppendPadded(day.month(), 2, out);
  AppendPadded(day.day(), 2, out);
}

void AppendUtcTime(Timestamp time, std::string& out) {
  const std::int64_t second = time.seconds() % kSecondsPerDay;
  AppendPadded(second / 3'600, 2, out);
  out.push_back(':');
  AppendPadded(second / 60 % 60, 2, out);
  out.push_back(':');
  AppendPadded(second % 60, 2, out);
  out.push_back('.');
  AppendPadded(time.millis() % 1'000, 3, out);
}

}  // namespace

std::optional<std::string_view> Message::Find(int tag) const {
  for (const Field& field : fields_) {
    if (field.tag == tag) return field.value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Message::Integer(int tag) const {
  const std::string_view text = Get(tag);
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text[0] == '-') {
    return std::nullopt;
  }
  return value;
}

bool Message::Parse(std::string_view bytes) {
  fields_.clear();
  type_ = {};
  while (!bytes.empty()) {
    if (fields_.size() == kFieldCountMax) return false;
    std::size_t end = bytes.find(kSoh);
    if (end == std::string_view::npos) end = bytes.size();
    const std::string_view text = bytes.substr(0, end);
    Field field;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals > 0 && equals <= 6 && text[0] != '0') {
      int tag = 0;
      const auto [last, error] = std::from_chars(text.data(), text.data() + equals, tag);
      if (error == std::errc() && last == text.data() + equals && tag > 0) field.tag = tag;
      field.value = text.substr(equals + 1);
    }
    if (field.tag == tag::kMsgType && type_.empty()) type_ = field.value;
    fields_.push_back(field);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return true;
}

std::string BytesOf(const Message& message) {
  std::string bytes;
  for (const Field& field : message.fields()) {
    AppendInteger(field.tag, bytes);
    bytes.push_back('=');
    bytes.append(field.value);
    bytes.push_back(kSoh);
  }
  return bytes;
}

Frame NextFrame(std::string_view bytes) {
  const std::size_t common = std::min(bytes.size(), kPrefix.size());
  if (bytes.substr(0, common) != kPrefix.substr(0, common)) {
    return SkipToBegin(bytes, 1, "BeginString is not FIXT.1.1");
  }
  if (bytes.size() <= kPrefix.size()) return {};
  std::size_t at = kPrefix.size();
  std::size_t length = 0;
  while (at < bytes.size() && IsDigit(bytes[at]) && at < kPrefix.size() + kLengthDigitsMax) {
    length = length * 10 + static_cast<std::size_t>(bytes[at++] - '0');
  }
  if (at == bytes.size()) return {};
  if (bytes[at] != kSoh || at == kPrefix.size()) {
    return SkipPastTrailer(bytes, at, "BodyLength is not a number");
  }
  const std::size_t body = at + 1;
  if (length > kMessageBytesMax) return SkipPastTrailer(bytes, at, "BodyLength is too large");
  const std::size_t trailer = body + length;
  const std::size_t end = trailer + kTrailerSize;
  if (bytes.size() < end) {
    // A length that is too large would wait for ever: the message may have its end already.
    const Frame early = SkipPastTrailer(bytes, at, "BodyLength does not end at CheckSum");
    return early.status == Frame::Status::kGarbled && early.size < bytes.size() ? early : Frame();
  }
  if (bytes[trailer - 1] != kSoh || bytes.substr(trailer, 3) != "10=" || bytes[end - 1] != kSoh) {
    return SkipPastTrailer(bytes, at, "BodyLength does not end at CheckSum");
  }
  unsigned sum = 0;
  for (std::size_t i = trailer + 3; i < end - 1; ++i) {
    if (!IsDigit(bytes[i])) return {Frame::Status::kGarbled, end, "CheckSum is not three digits"};
    sum = sum * 10 + static_cast<unsigned>(bytes[i] - '0');
  }
  if (sum != SumOf(bytes.substr(0, trailer))) {
    return {Frame::Status::kGarbled, end, "CheckSum is wrong"};
  }
  return {Frame::Status::kMessage, end, {}};
}

void BodyWriter::AddTag(int tag) {
  AppendInteger(tag, bytes_);
  bytes_.push_back('=');
}

void BodyWriter::Add(int tag, std::string_view value) {
  AddTag(tag);
  const std::size_t at = bytes_.size();
  bytes_.append(value);
  if (std::memchr(value.data(), kSoh, value.size()) != nullptr) {
    std::replace(bytes_.begin() + static_cast<std::ptrdiff_t>(at), bytes_.end(), kSoh, ' ');
  }
  bytes_.push_back(kSoh);
}

void BodyWriter::AddInteger(int tag, std::int64_t value) {
  AddTag(tag);
  AppendInteger(value, bytes_);
  bytes_.push_back(kSoh);
}

void BodyWriter::AddDecimal(int tag, std::int64_t value, int scale, int digits) {
  AddTag(tag);
  AppendDecimal(bytes_, value, scale, digits);
  bytes_.push_back(kSoh);
}

void BodyWriter::AddTime(int tag, Timestamp time) {
  AddTag(tag);
  AppendUtcTimestamp(time, bytes_);
  bytes_.push_back(kSoh);
}

void AppendMessage(const Header& header, std::string_view body, std::string& out) {
  BodyWriter head;
  head.Add(tag::kMsgType, header.type);
  head.Add(tag::kSenderCompId, header.sender);
  head.Add(tag::kTargetCompId, header.target);
  head.AddInteger(tag::kMsgSeqNum, static_cast<std::int64_t>(header.sequence_number));
  head.AddTime(tag::kSendingTime, header.sending_time);
  if (header.original_sending_time) {
    head.Add(tag::kPossDupFlag, 'Y');
    head.AddTime(tag::kOrigSendingTime, header.original_sending_time);
  }
  const std::size_t begin = out.size();
  out.append(kPrefix);
  AppendInteger(static_cast<std::int64_t>(head.bytes().size() + body.size()), out);
  out.push_back(kSoh);
  out.append(head.bytes());
  out.append(body);
  const unsigned sum = SumOf(std::string_view(out).substr(begin));
  out.append("10=");
  AppendPadded(sum, 3, out);
  out.push_back(kSoh);
}

void AppendUtcTimestamp(Timestamp time, std::string& out) {
  AppendUtcDate(time, out);
  out.push_back('-');
  AppendUtcTime(time, out);
}

std::string FormatUtcTimestamp(Timestamp time) {
  std::string text;
  AppendUtcTimestamp(time, text);
  return text;
}

std::string FormatUtcDate(Timestamp time) {
  std::string text;
  AppendUtcDate(time, text);
  return text;
}

std::string FormatUtcTime(Timestamp time) {
  std::string text;
  AppendUtcTime(time, text);
  return text;
}

std::optional<Timestamp> ParseUtcTimestamp(std::string_view text) {
  static constexpr std::size_t kSecondsSize = 17;  // "20260805-13:00:00".
  if (text.size() < kSecondsSize || text[8] != '-' || text[11] != ':' || text[14] != ':') {
    return std::nullopt;
  }
  const int century = TwoDigits(text, 0);
  const int year = TwoDigits(text, 2);
  const int month = TwoDigits(text, 4);
  const int day = TwoDigits(text, 6);
  const int hour = TwoDigits(text, 9);
  const int minute = TwoDigits(text, 12);
  const int second = TwoDigits(text, 15);
  if (century < 19 || century > 21 || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 ||
      hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  std::int64_t fraction = 0;
  if (text.size() > kSecondsSize) {
    const std::size_t digits = text.size() - kSecondsSize - 1;
    if (text[kSecondsSize] != '.' || (digits != 3 && digits != 6 && digits != 9)) {
      return std::nullopt;
    }
    for (const char c : text.substr(kSecondsSize + 1)) {
      if (!IsDigit(c)) return std::nullopt;
      fraction = fraction * 10 + (c - '0');
    }
    for (std::size_t i = digits; i < 9; ++i) fraction *= 10;
  }
  const absl::CivilDay civil(century * 100 + year, month, day);
  if (civil.day() != day) return std::nullopt;
  const std::int64_t seconds =
      (civil - absl::CivilDay(1970, 1, 1)) * kSecondsPerDay + hour * 3'600 + minute * 60 + second;
  return Timestamp::FromNanos(seconds * 1'000'000'000 + fraction);
}

std::string LogonSignedText(std::string_view sending_time, std::string_view sequence_number,
                            std::string_view sender, std::string_view target) {
  std::string text;
  for (const std::string_view part :
       {sending_time, msg_type::kLogon, sequence_number, sender, target}) {
    if (!text.empty()) text.push_back(kSoh);
    text.append(part);
  }
  return text;
}

}  // namespace evx::fix
