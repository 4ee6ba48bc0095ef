#include "record_tool.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "event_table.h"
#include "evx/recording/frame_log.h"
#include "evx/recording/testing/temporary_folder.h"
#include "frame_digest.h"
#include "log_import.h"

namespace evx::market_data {
namespace {

using recording::Frame;
using recording::testing::Load;
using recording::testing::Store;
using recording::testing::TemporaryFolder;

constexpr std::int64_t kStartMs = 1786406400000;  // 2026-08-11T00:00:00Z.

struct Result {
  absl::Status status;
  std::string out;
  std::string message() const { return std::string(status.message()); }
};

Result Run(RecordToolConfig config) {
  std::ostringstream out;
  absl::Status status = RunRecordTool(config, out);
  return {std::move(status), out.str()};
}

Result RunWords(const std::vector<std::string>& words) { return Run({.arguments = words}); }

// From `digest` to the end of its line.
std::string DigestIn(const std::string& text) {
  const std::size_t at = text.find("digest ");
  REQUIRE(at != std::string::npos);
  return text.substr(at, text.find('\n', at) - at);
}

std::string Snapshot(const std::string& ticker, int seq) {
  return "{\"type\":\"orderbook_snapshot\",\"sid\":1,\"seq\":" + std::to_string(seq) +
         ",\"msg\":{\"market_ticker\":\"" + ticker +
         "\",\"yes_dollars_fp\":[[\"0.3700\",\"5.00\"]],\"no_dollars_fp\":[[\"0.6000\",\"7.50\"],["
         "\"0.6100\",\"1.00\"]]}}";
}

std::string Delta(const std::string& ticker, int seq) {
  return "{\"type\":\"orderbook_delta\",\"sid\":1,\"seq\":" + std::to_string(seq) +
         ",\"msg\":{\"market_ticker\":\"" + ticker +
         "\",\"price_dollars\":\"0.3700\",\"delta_fp\":\"-1.25\",\"side\":\"yes\",\"ts_ms\":17}}";
}

// Frames a second apart.
std::string LogOf(const std::vector<std::string>& frames, bool published = false) {
  std::string text;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::int64_t ms = kStartMs + static_cast<std::int64_t>(i) * 1'000;
    if (published) {
      text += "{\"recv_ms\":" + std::to_string(ms) + ",\"event\":" + frames[i] + "}\n";
    } else {
      recording::AppendFrameLogLine({Timestamp::FromMillis(ms), 3, frames[i]}, text);
    }
  }
  return text;
}

// A recording of these frames, in `recording` of the folder.
std::string Recorded(const TemporaryFolder& folder, const std::vector<std::string>& frames) {
  Store(folder.path() + "/log.ndjson", LogOf(frames));
  REQUIRE(RunWords({"import", folder.path() + "/recording", folder.path() + "/log.ndjson"})
              .status.ok());
  return folder.path() + "/recording";
}

std::string Table(const std::string& recording) {
  const Result result = Run({.arguments = {"export", recording}, .format = RecordFormat::kCsv});
  REQUIRE(result.status.ok());
  return result.out;
}

}  // namespace

TEST_CASE("evx-record: what is exported and imported has the same frames and events", "[record]") {
  const std::string sample = EVX_RECORDING_SAMPLE;
  const TemporaryFolder folder;
  const Result before = RunWords({"verify", sample});
  REQUIRE(before.status.ok());
  CHECK(before.out.find("frames 23003, ") != std::string::npos);
  REQUIRE(Run({.arguments = {"export", sample},
               .format = RecordFormat::kFrames,
               .output = folder.path() + "/frames.ndjson"})
              .status.ok());
  const Result imported =
      RunWords({"import", folder.path() + "/again", folder.path() + "/frames.ndjson"});
  REQUIRE(imported.status.ok());
  const Result after = RunWords({"verify", folder.path() + "/again"});
  REQUIRE(after.status.ok());
  CHECK(DigestIn(imported.out) == DigestIn(before.out));
  CHECK(DigestIn(after.out) == DigestIn(before.out));
  CHECK(Table(folder.path() + "/again") == Table(sample));
}

TEST_CASE("evx-record: a table that is exported and imported has the same events", "[record]") {
  const TemporaryFolder folder;
  const auto events_of = [](const std::string& recording) {
    const Result verified = RunWords({"verify", recording});
    REQUIRE(verified.status.ok());
    const std::size_t at = verified.out.find("\nevents ");
    REQUIRE(at != std::string::npos);
    return verified.out.substr(at);
  };
  const auto check = [&](const std::string& recording, const std::string& name) {
    const std::string path = folder.path() + "/" + name;
    Store(path + ".csv", Table(recording));
    REQUIRE(RunWords({"import", path, path + ".csv"}).status.ok());
    CHECK(Table(path) == Table(recording));
    CHECK(events_of(path) == events_of(recording));
    CHECK(RunWords({"coverage", path}).out == RunWords({"coverage", recording}).out);
  };
  SECTION("the sample") { check(EVX_RECORDING_SAMPLE, "sample"); }
  SECTION("every kind of frame, and what is odd") {
    const std::string ticker_member = R"("msg":{"market_ticker":"A,\"B","ts_ms":5})";
    check(Recorded(
              folder,
              {Snapshot("A", 1), Delta("A", 2), "", "{\n}", std::string("\0\xff", 2),
               R"({"type":"orderbook_snapshot","sid":1,"seq":3,"msg":{"market_ticker":"E"}})",
               R"({"type":"ticker","sid":9,"msg":{"market_ticker":"A","price_dollars":"0.4800"}})",
               R"({"type":"ticker","sid":9,)" + ticker_member + "}",
               R"({"type":"market_lifecycle_v2","sid":3,"seq":1,)" + ticker_member + "}",
               R"({"type":"subscribed","id":1,"sid":4,"seq":7,)" + ticker_member + "}",
               R"({"type":"orderbook_delta","sid":1,"seq":4,"msg":{"market_ticker":"A",)"
               R"("price_dollars":"0.370012","delta_fp":"0.05","side":"no"}})",
               R"({"type":"trade","sid":2,"seq":4,"msg":{"market_ticker":"A","trade_id":"x",)"
               R"("yes_price_dollars":"0.3700","count_fp":"1.00","taker_side":"no"}})"}),
          "odd");
  }
}

TEST_CASE("evx-record: a table that is none is refused with its line", "[record]") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/table.csv";
  const std::string header(kEventTableHeader);
  int count = 0;
  const auto refused = [&](const std::string& text) {
    Store(path, text);
    const Result result = RunWords({"import", folder.path() + "/" + std::to_string(++count), path});
    CHECK(result.status.code() == absl::StatusCode::kInvalidArgument);
    return result.message();
  };
  CHECK(refused("").find("first line") != std::string::npos);
  CHECK(refused("received_ns,kind\n").find("first line") != std::string::npos);
  const std::string good = "5,0,1,1,,snapshot,A,,,\n";
  for (const char* row :
       {"5,0,1,1,,level,A,yes,1,1\n", "x,0,1,1,,delta,A,yes,1,1\n", "5,0,1,1,,delta,A,,1,1\n",
        "5,-1,1,1,,delta,A,yes,1,1\n", "5,0,1,1,,fill,A,yes,1,1\n", "5,0,1\n",
        "5,0,1,1,,delta,\"A\"\"\",yes,1,1\n", "5,0,1,1,,ticker,A,yes,1,\n",
        "5,0,1,1,,delta,\"A,yes,1,1\n", "5,0,1,1,,delta,A,yes,1,99999999999999999999\n"}) {
    INFO(row);
    // Behind a row of another kind, so that a level has no snapshot.
    const std::string message = refused(header + good + "5,0,1,1,,other,,,,\n" + row);
    CHECK(message.find(path + ", line 4") != std::string::npos);
  }
}

TEST_CASE("evx-record: frames that are no JSON survive export and import", "[record]") {
  const TemporaryFolder folder;
  const std::string recording =
      Recorded(folder, {"", "{\n}", std::string("\0\xff", 2), "null", Delta("A", 1)});
  const Result exported =
      Run({.arguments = {"export", recording}, .format = RecordFormat::kFrames});
  Store(folder.path() + "/again.ndjson", exported.out);
  REQUIRE(
      RunWords({"import", folder.path() + "/again", folder.path() + "/again.ndjson"}).status.ok());
  CHECK(RunWords({"verify", folder.path() + "/again"}).out == RunWords({"verify", recording}).out);
}

TEST_CASE("evx-record: logs are merged by receive time, a connection each log and market",
          "[record]") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() + "/logs");
  Store(folder.path() + "/logs/a.ndjson",
        LogOf({Delta("A", 1), Delta("B", 1), Delta("A", 2)}, true));
  Store(folder.path() + "/logs/b.ndjson", LogOf({Delta("A", 7), Delta("C", 1)}, true));
  REQUIRE(RunWords({"import", folder.path() + "/recording", folder.path() + "/logs"}).status.ok());
  const std::string table = Table(folder.path() + "/recording");
  std::vector<std::string> rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    // Seconds since the start, connection, sid, seq.
    if (line[0] != 'r') rows.push_back(line.substr(9, line.find(",17,") - 9));
  }
  CHECK(rows == std::vector<std::string>{"0000000000,0,1,1", "0000000000,1,1,7", "1000000000,2,1,1",
                                         "1000000000,3,1,1", "2000000000,0,1,2"});
}

TEST_CASE("evx-record: an import that cannot be is refused with its reason", "[record]") {
  const TemporaryFolder folder;
  const std::string recording = Recorded(folder, {Delta("A", 1)});
  Result result = RunWords({"import", recording, folder.path() + "/log.ndjson"});
  CHECK(result.status.code() == absl::StatusCode::kFailedPrecondition);
  result = RunWords({"import", folder.path() + "/new", folder.path() + "/none"});
  CHECK(result.status.code() == absl::StatusCode::kNotFound);
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/new"));
  CHECK(RunWords({"import", folder.path() + "/new"}).status.code() ==
        absl::StatusCode::kInvalidArgument);
  Store(folder.path() + "/bad.ndjson", LogOf({Delta("A", 1)}) + "no frame\n");
  result = RunWords({"import", folder.path() + "/new", folder.path() + "/bad.ndjson"});
  CHECK(result.status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(result.message() == folder.path() + "/bad.ndjson: line 2 is no received frame: no frame");
}

TEST_CASE("evx-record: verify names every damaged block and counts the others", "[record]") {
  const TemporaryFolder folder;
  std::filesystem::copy(EVX_RECORDING_SAMPLE, folder.path() + "/recording");
  const std::string path = folder.path() + "/recording/2026-08-10T23.evxseg";
  std::string bytes = Load(path);
  bytes.back() ^= 1;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  Store(path, bytes);
  const Result result = RunWords({"verify", folder.path() + "/recording"});
  CHECK(result.status.code() == absl::StatusCode::kDataLoss);
  CHECK(result.message() == "1 damaged places:\n  " + path + ": damaged block at offset 24");
  CHECK(result.out.find("segments 2, blocks 2, damaged 1, ") == 0);
  CHECK(result.out.find("frames 23001, ") != std::string::npos);
}

TEST_CASE("evx-record: coverage lists islands and gaps of each market", "[record]") {
  const TemporaryFolder folder;
  const std::string recording = Recorded(folder, {Snapshot("A", 1), Snapshot("B", 2), Delta("A", 3),
                                                  Delta("A", 5), Snapshot("A", 6), Delta("A", 7)});
  CHECK(RunWords({"coverage", recording}).out ==
        "A: islands 2, gaps 1, events 4, covered 3.000 s\n"
        "  island 2026-08-11T00:00:00.000000Z 2026-08-11T00:00:02.000000Z, 2.000 s, events 2\n"
        "  gap    2026-08-11T00:00:02.000000Z 2026-08-11T00:00:04.000000Z, 2.000 s\n"
        "  island 2026-08-11T00:00:04.000000Z 2026-08-11T00:00:05.000000Z, 1.000 s, events 2\n"
        "B: islands 1, gaps 0, events 1, covered 0.000 s\n"
        "  island 2026-08-11T00:00:01.000000Z 2026-08-11T00:00:01.000000Z, 0.000 s, events 1\n");
  // Of one market, though its frames alone would not be contiguous.
  CHECK(Run({.arguments = {"coverage", recording}, .market = "B", .format = RecordFormat::kJson})
            .out ==
        "{\"markets\":[{\"market_ticker\":\"B\",\"event_count\":1,\"islands\":[{\"begin\":"
        "\"2026-08-11T00:00:01.000000Z\",\"end\":\"2026-08-11T00:00:01.000000Z\",\"event_count\":1}"
        "],\"gaps\":[]}]}\n");
  const Result rising =
      Run({.arguments = {"coverage", recording}, .sequence = SequenceKind::kRising});
  CHECK(rising.out.find("A: islands 1, gaps 0, events 5, covered 5.000 s\n") == 0);
}

TEST_CASE("evx-record: events are rows, of the times and the market that are asked for",
          "[record]") {
  const TemporaryFolder folder;
  const std::string recording = Recorded(
      folder, {Snapshot("A", 1), Delta("B,\\\"", 2),
               "{\"type\":\"trade\",\"sid\":2,\"seq\":1,\"msg\":{\"market_ticker\":\"A\",\"yes_"
               "price_dollars\":\"0.3700\",\"no_price_dollars\":\"0.6300\",\"count_fp\":\"2.00\","
               "\"taker_side\":\"no\",\"ts_ms\":18}}",
               "{\"type\":\"ticker\",\"msg\":{\"market_ticker\":\"A\",\"price_dollars\":\"0.4\"}}",
               "{\"type\":\"subscribed\"}"});
  const std::string first =
      "1786406400000000000,3,1,1,,snapshot,A,,,\n"
      "1786406400000000000,3,1,1,,level,A,yes,370000,500\n"
      "1786406400000000000,3,1,1,,level,A,no,600000,750\n"
      "1786406400000000000,3,1,1,,level,A,no,610000,100\n";
  const std::string later =
      "1786406402000000000,3,2,1,18,trade,A,no,370000,200\n"
      "1786406403000000000,3,,,,ticker,A,,400000,\n";
  CHECK(Table(recording) ==
        std::string(kEventTableHeader) + first +
            "1786406401000000000,3,1,2,17,delta,\"B,\\\"\"\",yes,370000,-125\n" + later +
            "1786406404000000000,3,,,,other,,,,\n");
  CHECK(Run({.arguments = {"export", recording},
             .from = "2026-08-11T00:00:01Z",
             .until = "2026-08-11T00:00:04Z",
             .market = "A",
             .format = RecordFormat::kCsv})
            .out == std::string(kEventTableHeader) + later);
}

TEST_CASE("evx-record: prune removes whole hours and never the newest", "[record]") {
  const TemporaryFolder folder;
  std::filesystem::copy(EVX_RECORDING_SAMPLE, folder.path() + "/recording");
  const std::string recording = folder.path() + "/recording";
  CHECK(RunWords({"prune", recording}).status.code() == absl::StatusCode::kInvalidArgument);
  const auto prune = [&](const std::string& until) {
    return Run({.arguments = {"prune", recording}, .until = until}).out;
  };
  CHECK(prune("2026-08-10T22:59:59Z") == "segments removed 0\n");
  CHECK(prune("2026-08-10T23:00:00Z") == "segments removed 1\n");
  CHECK(prune("2027-01-01T00:00:00Z") == "segments removed 0\n");
  CHECK(RunWords({"verify", recording}).out.find("segments 1, ") == 0);
}

TEST_CASE("evx-record: arguments that do not fit are refused", "[record]") {
  const TemporaryFolder folder;
  const std::string recording = Recorded(folder, {Delta("A", 1)});
  const auto code = [](RecordToolConfig config) { return Run(std::move(config)).status.code(); };
  using Code = absl::StatusCode;
  CHECK(code({}) == Code::kInvalidArgument);
  CHECK(code({.arguments = {"verify"}}) == Code::kInvalidArgument);
  CHECK(code({.arguments = {"play", recording}}) == Code::kInvalidArgument);
  CHECK(code({.arguments = {"verify", recording, recording}}) == Code::kInvalidArgument);
  CHECK(code({.arguments = {"verify", recording}, .from = "noon"}) == Code::kInvalidArgument);
  CHECK(code({.arguments = {"export", recording}}) == Code::kInvalidArgument);
  CHECK(code({.arguments = {"coverage", recording}, .format = RecordFormat::kCsv}) ==
        Code::kInvalidArgument);
  CHECK(code({.arguments = {"verify", folder.path() + "/none"}}) == Code::kNotFound);
  CHECK(code({.arguments = {"verify", recording}, .output = folder.path() + "/none/x"}) ==
        Code::kUnavailable);
  CHECK(code({.arguments = {"verify", recording}, .output = "/dev/full"}) == Code::kUnavailable);
}

TEST_CASE("FrameDigest: tells order, time, connection and the cut between frames", "[record]") {
  const auto digest = [](const std::vector<Frame>& frames) {
    FrameDigest result;
    for (const Frame& frame : frames) result.Add(frame);
    return result.Digest();
  };
  const Frame a{Timestamp::FromNanos(1), 1, "ab"};
  const Frame b{Timestamp::FromNanos(1), 1, "c"};
  CHECK(digest({a, b}) == digest({a, b}));
  CHECK(digest({a, b}) != digest({b, a}));
  CHECK(digest({a}) != digest({{Timestamp::FromNanos(2), 1, "ab"}}));
  CHECK(digest({a}) != digest({{Timestamp::FromNanos(1), 2, "ab"}}));
  CHECK(digest({a, b}) !=
        digest({{Timestamp::FromNanos(1), 1, "a"}, {Timestamp::FromNanos(1), 1, "bc"}}));
}

}  // namespace evx::market_data
