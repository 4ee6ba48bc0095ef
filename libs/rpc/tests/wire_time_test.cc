#include "evx/rpc/wire_time.h"

#include <catch2/catch.hpp>
#include <limits>

#include "evx/core/status.h"

namespace evx::rpc {
namespace {

google::protobuf::Timestamp WireTime(std::int64_t seconds, std::int32_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST_CASE("WireTime: every time that we can hold survives the way to the wire and back", "[rpc]") {
  const std::int64_t nanos =
      GENERATE(std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999'999},
               std::int64_t{1'000'000'000}, std::int64_t{9'223'372'035'999'999'999});
  google::protobuf::Timestamp wire;
  SetTime(Timestamp::FromNanos(nanos), wire);
  CHECK(ReadTime("time", wire).value().nanos() == nanos);
}

TEST_CASE("WireTime: another one is refused with its field and bounds", "[rpc]") {
  const auto refusal = [](std::int64_t seconds, std::int32_t nanos) {
    return std::string(MessageOf(ReadTime("from_time", WireTime(seconds, nanos)).status()));
  };
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  CHECK(refusal(-1, 0) == "from_time.seconds -1 is not between 0 and 9223372035");
  CHECK(refusal(9'223'372'036, 0) ==
        "from_time.seconds 9223372036 is not between 0 and 9223372035");
  CHECK(refusal(kMax, 0) ==
        "from_time.seconds 9223372036854775807 is not between 0 and 9223372035");
  CHECK(refusal(1, -1) == "from_time.nanos -1 is not between 0 and 999999999");
  CHECK(refusal(1, 1'000'000'000) == "from_time.nanos 1000000000 is not between 0 and 999999999");
}

}  // namespace
}  // namespace evx::rpc
