#include "evx/rpc/wire_time.h"

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"

namespace evx::rpc {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// As many nanoseconds fit in 64 bits.
constexpr std::int64_t kSecondsMax = INT64_MAX / kNanosPerSecond - 1;

}  // namespace

absl::StatusOr<Timestamp> ReadTime(std::string_view field,
                                   const google::protobuf::Timestamp& time) {
  if (time.seconds() < 0 || time.seconds() > kSecondsMax) {
    return InvalidArgument(absl::StrCat(ToAbsl(field), ".seconds ", time.seconds(),
                                        " is not between 0 and ", kSecondsMax));
  }
  if (time.nanos() < 0 || time.nanos() >= kNanosPerSecond) {
    return InvalidArgument(absl::StrCat(ToAbsl(field), ".nanos ", time.nanos(),
                                        " is not between 0 and ", kNanosPerSecond - 1));
  }
  return Timestamp::FromNanos(time.seconds() * kNanosPerSecond + time.nanos());
}

void SetTime(Timestamp time, google::protobuf::Timestamp& out) {
  out.set_seconds(time.seconds());
  out.set_nanos(static_cast<std::int32_t>(time.nanos() % kNanosPerSecond));
}

}  // namespace evx::rpc
