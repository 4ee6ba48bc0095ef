#include "evx/telemetry/trace_context.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>

#include "evx/core/testing/seed.h"

namespace evx::telemetry {
namespace {

constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST_CASE("TraceContext: the standard's example is read and written back unchanged",
          "[telemetry]") {
  const auto context = ParseTraceparent(kExample);
  REQUIRE(context);
  CHECK(context->trace_id.ToHex() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(context->span_id.ToHex() == "00f067aa0ba902b7");
  CHECK(context->sampled);
  CHECK(FormatTraceparent(*context) == kExample);
}

TEST_CASE("TraceContext: malformed headers are refused", "[telemetry]") {
  const std::string text = GENERATE(
      std::string(), std::string("00"), std::string(55, '-'), std::string(1 << 20, '0'),
      std::string(55, '\0'),
      // Upper case, all-zero ids, version ff, trailing bytes in version 00, no dash, bad digit.
      std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
      std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
      std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
      std::string("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
      std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"),
      std::string("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x"),
      std::string("00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01"),
      std::string("00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"),
      std::string(" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"));
  CHECK_FALSE(ParseTraceparent(text));
}

TEST_CASE("TraceContext: a later version is read by the rules of version 00", "[telemetry]") {
  const auto context =
      ParseTraceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02-more");
  REQUIRE(context);
  CHECK_FALSE(context->sampled);
}

TEST_CASE("TraceContext: random contexts survive a round trip", "[telemetry][property]") {
  std::set<TraceId> seen;
  for (int i = 0; i < 1'000; ++i) {
    const TraceContext context = StartTrace();
    CHECK(context.trace_id);
    CHECK(context.span_id);
    CHECK(seen.insert(context.trace_id).second);
    CHECK(ParseTraceparent(FormatTraceparent(context)) == context);
  }
}

TEST_CASE("TraceContext: any change of bytes is refused or read as a valid context",
          "[telemetry][property]") {
  std::mt19937 random(evx::testing::TestSeed("TraceContext"));
  for (int i = 0; i < 20'000; ++i) {
    std::string text(kExample);
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int c = 0; c < changes; ++c) text[random() % text.size()] = static_cast<char>(random());
    if (random() % 4 == 0) text.resize(random() % 70, static_cast<char>(random()));
    const auto context = ParseTraceparent(text);
    if (!context) continue;
    CHECK(context->trace_id);
    CHECK(context->span_id);
    CHECK(ParseTraceparent(FormatTraceparent(*context)) == context);
  }
}

TEST_CASE("TraceContext: an edge continues a well-formed header and replaces a malformed one",
          "[telemetry]") {
  const TraceContext continued = TraceFromHeader(kExample);
  CHECK(continued.trace_id.ToHex() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(continued.span_id.ToHex() != "00f067aa0ba902b7");
  CHECK(TraceFromHeader("nonsense").trace_id);
  CHECK(TraceFromHeader("").trace_id != TraceFromHeader("").trace_id);
}

}  // namespace
}  // namespace evx::telemetry
