#include "faults/fault_profile.h"

#include <array>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_format.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::array<std::string_view, kFaultDoorCount> kDoorNames = {"rest", "grpc", "websocket",
                                                                      "fix"};
constexpr std::array<std::string_view, kFaultKindCount + 1> kKindNames = {
    "delay",         "too_many_requests",   "unavailable", "unavailable_executed",
    "disconnect",    "disconnect_executed", "drop",        "duplicate",
    "sequence_skip", "sequence_repeat",     "jitter"};

// The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
constexpr std::uint64_t Mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

// Uniform in [0, bound), bound > 0. The bias is below 2^-40 for the bounds here.
std::int64_t Below(std::uint64_t bits, std::int64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::int64_t>((Wide{bits} * static_cast<std::uint64_t>(bound)) >> 64);
}

bool Happens(const FaultProfile& profile, FaultOrdinals at, FaultKind kind, std::int64_t rate) {
  return rate > 0 && Below(Draw(profile.seed, at, kind), FaultProfile::kRateMax) < rate;
}

bool IsInWindow(const FaultProfile& profile, FaultOrdinals at) {
  return at.message >= profile.from_message && at.message <= profile.to_message;
}

absl::Duration DrawHold(const FaultProfile& profile, FaultOrdinals at) {
  const std::int64_t jitter_micros = absl::ToInt64Microseconds(profile.jitter);
  if (jitter_micros == 0) return profile.latency;
  const std::uint64_t bits = Draw(profile.seed, at, FaultKind::kJitter);
  return profile.latency + absl::Microseconds(Below(bits, jitter_micros + 1));
}

using Rates = std::initializer_list<std::pair<FaultKind, std::int64_t>>;

std::optional<FaultKind> FirstOf(const FaultProfile& profile, FaultOrdinals at, Rates rates) {
  for (const auto& [kind, rate] : rates) {
    if (Happens(profile, at, kind, rate)) return kind;
  }
  return std::nullopt;
}

}  // namespace

std::string_view Name(FaultDoor door) { return kDoorNames[static_cast<std::size_t>(door)]; }

std::optional<FaultDoor> FaultDoorOf(std::string_view name) {
  for (std::size_t i = 0; i < kDoorNames.size(); ++i) {
    if (kDoorNames[i] == name) return static_cast<FaultDoor>(i);
  }
  return std::nullopt;
}

std::string_view Name(FaultKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::string FindFaultOf(const FaultProfile& profile) {
  const std::pair<std::string_view, absl::Duration> delays[] = {
      {"latency_ms", profile.latency},
      {"jitter_ms", profile.jitter},
      {"answer_latency_ms", profile.answer_latency}};
  for (const auto& [name, delay] : delays) {
    if (delay >= absl::ZeroDuration() && delay <= FaultProfile::kDelayMax) continue;
    return absl::StrFormat("%s %g is outside 0 to %d", name, absl::ToDoubleMilliseconds(delay),
                           absl::ToInt64Milliseconds(FaultProfile::kDelayMax));
  }
  const std::pair<std::string_view, std::int64_t> rates[] = {
      {"disconnect_rate", profile.disconnect_rate},
      {"disconnect_executed_rate", profile.disconnect_executed_rate},
      {"too_many_requests_rate", profile.too_many_requests_rate},
      {"unavailable_rate", profile.unavailable_rate},
      {"unavailable_executed_rate", profile.unavailable_executed_rate},
      {"drop_rate", profile.drop_rate},
      {"duplicate_rate", profile.duplicate_rate},
      {"sequence_skip_rate", profile.sequence_skip_rate},
      {"sequence_repeat_rate", profile.sequence_repeat_rate}};
  for (const auto& [name, rate] : rates) {
    if (rate >= 0 && rate <= FaultProfile::kRateMax) continue;
    return absl::StrFormat("%s %g is outside 0 to 1", name, static_cast<double>(rate) / 1e6);
  }
  const std::pair<std::string_view, std::int64_t> counts[] = {
      {"seed", profile.seed},
      {"from_message", profile.from_message},
      {"to_message", profile.to_message},
      {"first_connection", profile.first_connection},
      {"first_message", profile.first_message}};
  for (const auto& [name, count] : counts) {
    if (count < 0) return absl::StrFormat("%s %d is below 0", name, count);
  }
  if (profile.from_message > profile.to_message) {
    return absl::StrFormat("from_message %d is above to_message %d", profile.from_message,
                           profile.to_message);
  }
  const std::int32_t status = profile.unavailable_status;
  if (status != 500 && (status < 502 || status > 504)) {
    return absl::StrFormat("unavailable_status %d is none of 500, 502, 503, 504", status);
  }
  return "";
}

std::uint64_t Draw(std::int64_t seed, FaultOrdinals at, FaultKind kind) {
  std::uint64_t bits = Mix(static_cast<std::uint64_t>(seed));
  bits = Mix(bits ^ static_cast<std::uint64_t>(at.connection));
  bits = Mix(bits ^ static_cast<std::uint64_t>(at.message));
  return Mix(bits ^ static_cast<std::uint64_t>(kind));
}

RequestFault DrawRequestFault(const FaultProfile& profile, FaultOrdinals at) {
  RequestFault fault;
  if (!IsInWindow(profile, at)) return fault;
  fault.hold = DrawHold(profile, at);
  fault.answer_hold = profile.answer_latency;
  fault.status = profile.unavailable_status;
  fault.kind = FirstOf(profile, at,
                       {{FaultKind::kDisconnect, profile.disconnect_rate},
                        {FaultKind::kDisconnectExecuted, profile.disconnect_executed_rate},
                        {FaultKind::kTooManyRequests, profile.too_many_requests_rate},
                        {FaultKind::kUnavailable, profile.unavailable_rate},
                        {FaultKind::kUnavailableExecuted, profile.unavailable_executed_rate}});
  return fault;
}

FrameFault DrawFrameFault(const FaultProfile& profile, FaultOrdinals at, FaultDoor door) {
  FrameFault fault;
  if (!IsInWindow(profile, at)) return fault;
  const bool is_fix = door == FaultDoor::kFix;
  if (!is_fix) fault.hold = DrawHold(profile, at);
  fault.kind = FirstOf(profile, at,
                       {{FaultKind::kDisconnect, is_fix ? 0 : profile.disconnect_rate},
                        {FaultKind::kDrop, profile.drop_rate},
                        {FaultKind::kDuplicate, profile.duplicate_rate},
                        {FaultKind::kSequenceSkip, profile.sequence_skip_rate},
                        {FaultKind::kSequenceRepeat, profile.sequence_repeat_rate}});
  return fault;
}

}  // namespace evx::mock_kalshi
