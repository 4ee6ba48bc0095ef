#include "recorder/coverage_door.h"

#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

namespace evx::market_data {
namespace {

using Json = nlohmann::json;

// The answer to one request.
class AnswerSink final : public net::HttpResponseSink {
 public:
  void Complete(net::HttpRequestKey, net::HttpResponse response) override {
    answer.set_value(std::move(response));
  }
  void CompleteAll(std::vector<net::HttpCompletion>&) override {}
  void Abandon(net::HttpRequestKey) override {
    net::HttpResponse response;
    response.status = 500;
    answer.set_value(std::move(response));
  }
  std::promise<net::HttpResponse> answer;
};

std::future<net::HttpResponse> Ask(CoverageDoor& door, const std::string& query,
                                   net::HttpMethod method = net::HttpMethod::kGet) {
  const auto sink = std::make_shared<AnswerSink>();
  auto answer = sink->answer.get_future();
  const std::string target = "/api/admin/coverage" + query;
  door.Handle(net::HttpRequest(method, target), net::HttpResponder(sink, {}));
  return answer;
}

Json Get(CoverageDoor& door, const std::string& query) {
  const net::HttpResponse response = Ask(door, query).get();
  INFO(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body);
}

std::string Snapshot(const std::string& ticker, int seq) {
  return R"({"type":"orderbook_snapshot","sid":1,"seq":)" + std::to_string(seq) +
         R"(,"msg":{"market_ticker":")" + ticker + R"("}})";
}
std::string Delta(const std::string& ticker, int seq) {
  return R"({"type":"orderbook_delta","sid":1,"seq":)" + std::to_string(seq) +
         R"(,"msg":{"market_ticker":")" + ticker +
         R"(","price_dollars":"0.3700","delta_fp":"1.25","side":"yes","ts_ms":17}})";
}

constexpr const char* kStart = "2026-08-11T00:00:00Z";

// A recording with a frame a minute from kStart on: market A has a hole, B none.
class Recorded {
 public:
  Recorded() {
    const auto writer = recording::RecordingWriter::Open(folder_.path());
    REQUIRE(writer.ok());
    Timestamp received = *ParseRfc3339(kStart);
    for (const std::string& frame : {Snapshot("A", 1), Snapshot("B", 2), Delta("B", 3),
                                     Delta("A", 4), Snapshot("A", 6), Delta("A", 7)}) {
      REQUIRE((*writer)->Append({received, 0, frame}).ok());
      received = received + absl::Minutes(1);
    }
    REQUIRE((*writer)->Flush().ok());
    clock.AdvanceBy(received - clock.Now());
    door = std::make_unique<CoverageDoor>(folder_.path(), clock);
  }

 private:
  recording::testing::TemporaryFolder folder_;

 public:
  ManualClock clock{*ParseRfc3339(kStart)};
  std::unique_ptr<CoverageDoor> door;
};

}  // namespace

TEST_CASE("CoverageDoor: islands and gaps of each market", "[market_data]") {
  Recorded recorded;
  const Json report = Get(*recorded.door, "");
  REQUIRE(report["markets"].size() == 2);
  CHECK_FALSE(report.contains("cursor"));
  const Json& market = report["markets"][0];
  CHECK(market["market_ticker"] == "A");
  CHECK(market["event_count"] == 4);
  REQUIRE(market["islands"].size() == 2);
  CHECK(market["islands"][0]["begin"] == "2026-08-11T00:00:00.000000Z");
  CHECK(market["islands"][0]["end"] == "2026-08-11T00:03:00.000000Z");
  CHECK(market["gaps"] == Json::parse(R"([{"begin":"2026-08-11T00:03:00.000000Z",)"
                                      R"("end":"2026-08-11T00:04:00.000000Z"}])"));
  CHECK(report["markets"][1]["gaps"].empty());
}

TEST_CASE("CoverageDoor: markets and times are chosen, and pages follow one another",
          "[market_data]") {
  Recorded recorded;
  const Json one = Get(*recorded.door, "?market=B");
  REQUIRE(one["markets"].size() == 1);
  CHECK(one["markets"][0]["market_ticker"] == "B");

  const Json early =
      Get(*recorded.door, "?from=2026-08-11T00:00:00Z&until=2026-08-11T00:03:00Z&market=A");
  CHECK(early["markets"][0]["event_count"] == 1);
  CHECK(Get(*recorded.door, "?until=2026-08-10T12:00:00Z")["markets"].empty());
  // As most clients write a query.
  CHECK(Get(*recorded.door,
            "?from=2026-08-11T00%3A00%3A00Z&until=2026-08-11T00%3A03%3A00%2B00%3A00"
            "&market=%41") == early);

  const Json first = Get(*recorded.door, "?limit=1&islands=1");
  REQUIRE(first["markets"].size() == 1);
  CHECK(first["cursor"] == "A");
  CHECK(first["markets"][0]["islands"].size() == 1);
  CHECK(first["markets"][0]["islands"][0]["begin"] == "2026-08-11T00:04:00.000000Z");
  CHECK(first["markets"][0]["islands_left_out"] == 1);
  const Json second = Get(*recorded.door, "?limit=1&cursor=A");
  CHECK(second["markets"][0]["market_ticker"] == "B");
  CHECK_FALSE(second.contains("cursor"));
}

TEST_CASE("CoverageDoor: what is out of bounds is refused", "[market_data]") {
  Recorded recorded;
  for (const char* query :
       {"?limit=0", "?limit=1001", "?limit=x", "?islands=0", "?from=yesterday", "?until=1",
        "?from=2026-08-10T00:00:00Z", "?from=2026-08-12T00:00:00Z", "?sequence=both",
        "?from=1700-01-01T00:00:00Z&until=2200-01-01T00:00:00Z", "?until=0001-01-01T00:00:00Z"}) {
    INFO(query);
    const net::HttpResponse response = Ask(*recorded.door, query).get();
    CHECK(response.status == 400);
    CHECK(Json::parse(response.body)["error"]["code"] == "bad_parameter");
  }
  CHECK(Ask(*recorded.door, "", net::HttpMethod::kPost).get().status == 405);
}

TEST_CASE("CoverageDoor: without a recording there is none", "[market_data]") {
  const ManualClock clock{*ParseRfc3339(kStart)};
  CoverageDoor none("", clock);
  CHECK(Ask(none, "").get().status == 404);
  const recording::testing::TemporaryFolder folder;
  CoverageDoor empty(folder.path(), clock);
  CHECK(Ask(empty, "").get().status == 404);
}

TEST_CASE("CoverageDoor: every question is answered, also those that a stop overtakes",
          "[market_data]") {
  Recorded recorded;
  std::vector<std::future<net::HttpResponse>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(Ask(*recorded.door, ""));
  recorded.door.reset();
  std::map<int, int> counts;
  for (auto& answer : answers) ++counts[answer.get().status];
  CHECK(counts[200] + counts[503] + counts[500] == 100);
  CHECK(static_cast<std::size_t>(counts[500]) <= CoverageDoor::kWaitingMax);
}

}  // namespace evx::market_data
