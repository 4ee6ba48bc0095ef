#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>

namespace evx::gateway {

inline std::int64_t ToNanos(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000'000 + time.nanos();
}

// `nanos` since 1970, not before it.
inline google::protobuf::Timestamp ToWireTime(std::int64_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(nanos / 1'000'000'000);
  time.set_nanos(static_cast<std::int32_t>(nanos % 1'000'000'000));
  return time;
}

}  // namespace evx::gateway
