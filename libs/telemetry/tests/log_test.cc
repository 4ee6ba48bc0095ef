#include "evx/telemetry/log.h"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/status.h"
#include "evx/core/testing/seed.h"

namespace evx::telemetry {
namespace {

using Json = nlohmann::json;

// A logger whose lines are kept, at a fixed time.
struct Captured {
  ManualClock clock{Timestamp::FromNanos(1'785'934'800'123'456'000)};
  std::vector<std::string> lines;
  Logger logger{{.service = "test",
                 .level = LogLevel::kInfo,
                 .sink = [this](std::string_view line) { lines.emplace_back(line); },
                 .clock = &clock}};

  Json Only() const {
    REQUIRE(lines.size() == 1);
    return Json::parse(lines[0]);
  }
};

TEST_CASE("Logger: a line has time, level, service, message and typed fields in this order",
          "[telemetry]") {
  Captured captured;
  captured.logger.Write(kWarning, "Order rejected.",
                        {{"order_id", OrderId(17)},
                         {"resting", true},
                         {"price_micros", std::int64_t{-560'000}},
                         {"ratio", 0.5},
                         {"reason", "off tick"},
                         {"took", absl::Milliseconds(1500)}});
  REQUIRE(captured.lines.size() == 1);
  CHECK(captured.lines[0] ==
        R"({"time":"2026-08-05T13:00:00.123456Z","level":"warning","service":"test",)"
        R"("message":"Order rejected.","order_id":17,"resting":true,"price_micros":-560000,)"
        R"("ratio":0.5,"reason":"off tick","took":"1.5s"})");
}

TEST_CASE("Logger: whole numbers keep every digit", "[telemetry]") {
  Captured captured;
  captured.logger.Write(kInfo, "Numbers.",
                        {{"low", std::numeric_limits<std::int64_t>::min()},
                         {"high", std::numeric_limits<std::uint64_t>::max()}});
  const Json line = captured.Only();
  CHECK(line["low"] == std::numeric_limits<std::int64_t>::min());
  CHECK(line["high"] == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("Logger: hostile texts stay one valid JSON line", "[telemetry]") {
  const std::string text =
      GENERATE(std::string("\"},{\"level\":\"error\""), std::string("line\nbreak\r\t\\"),
               std::string("\0nul", 4), std::string("caf\xc3\xa9 \xf0\x9f\x98\x80"),
               std::string("\xff\xfe broken \xc3"), std::string("\xed\xa0\x80 surrogate"),
               std::string("\xc0\xaf overlong"), std::string("{} {0} %s %n"));
  Captured captured;
  captured.logger.Write(kError, "Hostile.", {{"text", text}, {text, 1}});
  CHECK(captured.lines[0].find('\n') == std::string::npos);
  const Json line = captured.Only();
  CHECK(line["level"] == "error");
  CHECK(line["message"] == "Hostile.");
}

TEST_CASE("Logger: random bytes stay one valid JSON line", "[telemetry][property]") {
  std::mt19937 random(evx::testing::TestSeed("Logger"));
  for (int i = 0; i < 2'000; ++i) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random());
    Captured captured;
    captured.logger.Write(kInfo, "Random.", {{"text", text}});
    CHECK(captured.lines[0].find('\n') == std::string::npos);
    CHECK(captured.Only()["text"].is_string());
  }
}

TEST_CASE("Logger: not-a-number is written as null", "[telemetry]") {
  Captured captured;
  captured.logger.Write(kInfo, "Ratio.", {{"ratio", std::numeric_limits<double>::quiet_NaN()}});
  CHECK(captured.Only()["ratio"].is_null());
}

TEST_CASE("Logger: a very long text is cut, also inside a character", "[telemetry]") {
  std::string text(kLogTextBytesMax - 1, 'x');
  for (int i = 0; i < 1'000; ++i) text += "\xc3\xa9";
  Captured captured;
  captured.logger.Write(kInfo, "Long.", {{"text", text}});
  CHECK(captured.Only()["text"].get<std::string>().size() <= kLogTextBytesMax + 8);
}

TEST_CASE("Logger: secrets are masked by the name of their field", "[telemetry]") {
  Captured captured;
  captured.logger.Write(kInfo, "Request.",
                        {{"db_password", "hunter2"},
                         {"authorization", "Bearer hunter2"},
                         {"kalshi_access_signature", "hunter2"},
                         {"token_count", 3}});
  CHECK(captured.lines[0].find("hunter2") == std::string::npos);
  CHECK(captured.Only()["db_password"] == "***");
  CHECK(captured.Only()["token_count"] == 3);
}

TEST_CASE("Logger: a reserved or repeated field name does not replace the first", "[telemetry]") {
  Captured captured;
  captured.logger.Write(kInfo, "Names.", {{"level", "fake"}, {"a", 1}, {"a", 2}});
  const Json line = captured.Only();
  CHECK(line["level"] == "info");
  CHECK(line["level_"] == "fake");
  CHECK(line["a"] == 1);
  CHECK(line["a_"] == 2);
}

TEST_CASE("Logger: lines below the level are not written", "[telemetry]") {
  Captured captured;
  captured.logger.Write(kDebug, "Detail.", {});
  CHECK(captured.lines.empty());
  captured.logger.SetLevel(kDebug);
  captured.logger.Write(kDebug, "Detail.", {});
  CHECK(captured.lines.size() == 1);
}

TEST_CASE("ScopedLogTrace: lines of its thread carry the trace id, innermost first",
          "[telemetry]") {
  Captured captured;
  const TraceContext outer = StartTrace();
  const TraceContext inner = StartTrace();
  {
    const ScopedLogTrace outer_scope(outer.trace_id);
    {
      const ScopedLogTrace inner_scope(inner.trace_id);
      captured.logger.Write(kInfo, "Inner.", {});
    }
    captured.logger.Write(kInfo, "Outer.", {});
    std::thread([&] { captured.logger.Write(kInfo, "Other thread.", {}); }).join();
  }
  captured.logger.Write(kInfo, "After.", {});
  REQUIRE(captured.lines.size() == 4);
  CHECK(Json::parse(captured.lines[0])["trace_id"] == inner.trace_id.ToHex());
  CHECK(Json::parse(captured.lines[1])["trace_id"] == outer.trace_id.ToHex());
  CHECK_FALSE(Json::parse(captured.lines[2]).contains("trace_id"));
  CHECK_FALSE(Json::parse(captured.lines[3]).contains("trace_id"));
}

TEST_CASE("LogRateLimit: one passes per interval and tells how many were held back",
          "[telemetry]") {
  LogRateLimit limit(absl::Seconds(10));
  ManualClock clock(Timestamp::FromSeconds(1'000));
  CHECK(limit.Admit(clock.Now()) == 0);
  CHECK_FALSE(limit.Admit(clock.Now()));
  clock.AdvanceBy(absl::Seconds(9));
  CHECK_FALSE(limit.Admit(clock.Now()));
  clock.AdvanceBy(absl::Seconds(1));
  CHECK(limit.Admit(clock.Now()) == 2);
  // Time that steps back lets a line through rather than silencing the place.
  CHECK(limit.Admit(Timestamp::FromSeconds(500)) == 0);
}

TEST_CASE("Log: the process logger is the one installed last", "[telemetry]") {
  std::vector<std::string> lines;
  InitLogging(
      {.service = "installed", .sink = [&](std::string_view line) { lines.emplace_back(line); }});
  LogRateLimit limit(absl::Hours(1));
  Log(kInfo, "Once.", {{"status", NotFound("no such market")}});
  for (int i = 0; i < 5; ++i) LogLimited(limit, kError, "Repeats.");
  InitLogging({});
  REQUIRE(lines.size() == 2);
  CHECK(Json::parse(lines[0])["status"] == "NOT_FOUND: no such market");
  CHECK(Json::parse(lines[1])["message"] == "Repeats.");
}

}  // namespace
}  // namespace evx::telemetry
