#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// W3C Trace Context (https://www.w3.org/TR/trace-context/): the identity of one request on its way
// through every process. It enters at an edge (HTTP header or gRPC metadata `traceparent`), is made
// there when the caller sent none, and travels by value with the command to every log line and
// event of that request.

namespace evx::telemetry {

// Identifies the whole request; 16 bytes, all zero means "none". 32 lower-case hex digits as text.
class TraceId {
 public:
  using Bytes = std::array<std::uint8_t, 16>;
  constexpr TraceId() = default;
  constexpr explicit TraceId(const Bytes& bytes) : bytes_(bytes) {}
  // Exactly 32 lower-case hex digits, not all zero; nothing otherwise.
  static std::optional<TraceId> FromHex(std::string_view hex);

  constexpr const Bytes& bytes() const { return bytes_; }
  constexpr explicit operator bool() const { return *this != TraceId(); }
  std::string ToHex() const;
  friend constexpr auto operator<=>(const TraceId&, const TraceId&) = default;

 private:
  Bytes bytes_{};
};

// Identifies one step of a request; 8 bytes, all zero means "none".
class SpanId {
 public:
  using Bytes = std::array<std::uint8_t, 8>;
  constexpr SpanId() = default;
  constexpr explicit SpanId(const Bytes& bytes) : bytes_(bytes) {}
  static std::optional<SpanId> FromHex(std::string_view hex);

  constexpr const Bytes& bytes() const { return bytes_; }
  constexpr explicit operator bool() const { return *this != SpanId(); }
  std::string ToHex() const;
  friend constexpr auto operator<=>(const SpanId&, const SpanId&) = default;

 private:
  Bytes bytes_{};
};

struct TraceContext {
  TraceId trace_id;
  SpanId span_id;  // the step that made this context; the parent of the next
  bool sampled = false;
  friend constexpr bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Reads a `traceparent` value. Nothing when it is malformed, has an all-zero id or version ff. As
// the standard asks, a later version is read by the rules of version 00 and its additions ignored.
std::optional<TraceContext> ParseTraceparent(std::string_view text);

// "00-<trace id>-<span id>-<flags>", 55 characters.
std::string FormatTraceparent(const TraceContext& context);

// A new request: random ids from the kernel, sampled.
TraceContext StartTrace();

// The next step of the same request: same trace id and sampling, new span id.
TraceContext NextSpan(const TraceContext& parent);

// What an edge calls: continues the trace of a well-formed header, starts a new one otherwise.
TraceContext TraceFromHeader(std::string_view traceparent);

}  // namespace evx::telemetry
