#include "evx/telemetry/trace_context.h"

#include <sys/random.h>

#include <cerrno>
#include <cstddef>

#include "evx/core/check.h"

namespace evx::telemetry {
namespace {

constexpr std::size_t kTraceparentBytes = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2
constexpr std::uint8_t kFlagSampled = 0x01;

// Lower case only: the standard refuses upper-case digits.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

template <std::size_t kSize>
bool DecodeHex(std::string_view hex, std::array<std::uint8_t, kSize>& bytes) {
  if (hex.size() != 2 * kSize) return false;
  for (std::size_t i = 0; i < kSize; ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

template <std::size_t kSize>
void AppendHex(std::string& out, const std::array<std::uint8_t, kSize>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0x0f]);
  }
}

template <class T>
std::optional<T> IdFromHex(std::string_view hex) {
  typename T::Bytes bytes;
  if (!DecodeHex(hex, bytes)) return std::nullopt;
  const T id(bytes);
  if (!id) return std::nullopt;
  return id;
}

template <class T>
T RandomId() {
  typename T::Bytes bytes{};
  do {
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
      EVX_CHECK(got >= 0 || errno == EINTR);
      if (got > 0) filled += static_cast<std::size_t>(got);
    }
  } while (!T(bytes));
  return T(bytes);
}

}  // namespace

std::optional<TraceId> TraceId::FromHex(std::string_view hex) { return IdFromHex<TraceId>(hex); }

std::string TraceId::ToHex() const {
  std::string out;
  AppendHex(out, bytes_);
  return out;
}

std::optional<SpanId> SpanId::FromHex(std::string_view hex) { return IdFromHex<SpanId>(hex); }

std::string SpanId::ToHex() const {
  std::string out;
  AppendHex(out, bytes_);
  return out;
}

std::optional<TraceContext> ParseTraceparent(std::string_view text) {
  if (text.size() < kTraceparentBytes) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  if (!DecodeHex(text.substr(0, 2), version) || !DecodeHex(text.substr(53, 2), flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff) return std::nullopt;
  if (text.size() > kTraceparentBytes && (version[0] == 0 || text[kTraceparentBytes] != '-')) {
    return std::nullopt;
  }
  const std::optional<TraceId> trace_id = TraceId::FromHex(text.substr(3, 32));
  const std::optional<SpanId> span_id = SpanId::FromHex(text.substr(36, 16));
  if (!trace_id || !span_id) return std::nullopt;
  return TraceContext{*trace_id, *span_id, (flags[0] & kFlagSampled) != 0};
}

std::string FormatTraceparent(const TraceContext& context) {
  std::string out = "00-";
  out.reserve(kTraceparentBytes);
  AppendHex(out, context.trace_id.bytes());
  out.push_back('-');
  AppendHex(out, context.span_id.bytes());
  out.append(context.sampled ? "-01" : "-00");
  return out;
}

TraceContext StartTrace() { return {RandomId<TraceId>(), RandomId<SpanId>(), true}; }

TraceContext NextSpan(const TraceContext& parent) {
  return {parent.trace_id, RandomId<SpanId>(), parent.sampled};
}

TraceContext TraceFromHeader(std::string_view traceparent) {
  const std::optional<TraceContext> received = ParseTraceparent(traceparent);
  return received ? NextSpan(*received) : StartTrace();
}

}  // namespace evx::telemetry
