#include "recorded_market.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

namespace evx::flow {
namespace {

constexpr const char* kMarket = "KXGOLD15M-26AUG101900-00";

// A recording of these frames, a millisecond apart.
class Recorded {
 public:
  explicit Recorded(const std::vector<std::string>& frames) {
    const auto writer = recording::RecordingWriter::Open(path());
    REQUIRE(writer.ok());
    std::int64_t received_ms = 1'786'402'000'000;
    for (const std::string& frame : frames) {
      REQUIRE((*writer)->Append({Timestamp::FromMillis(++received_ms), 1, frame}).ok());
    }
    REQUIRE((*writer)->Flush().ok());
  }
  std::string path() const { return folder_.path(); }

 private:
  recording::testing::TemporaryFolder folder_;
};

std::string Snapshot(int seq, const std::string& ticker = "S-E-M") {
  return R"({"type":"orderbook_snapshot","sid":1,"seq":)" + std::to_string(seq) +
         R"(,"msg":{"market_ticker":")" + ticker +
         R"(","market_id":"id","yes_dollars_fp":[["0.4000","2.00"]],)"
         R"("no_dollars_fp":[["0.5000","1.00"]]}})";
}
std::string Delta(int seq, int ts_ms, const std::string& price = "0.3000") {
  return R"({"type":"orderbook_delta","sid":1,"seq":)" + std::to_string(seq) +
         R"(,"msg":{"market_ticker":"S-E-M","market_id":"id","price_dollars":")" + price +
         R"(","delta_fp":"3.00","side":"no","ts_ms":)" + std::to_string(ts_ms) + "}}";
}
std::string Trade(int seq, int ts_ms, const std::string& taker) {
  return R"({"type":"trade","sid":2,"seq":)" + std::to_string(seq) +
         R"(,"msg":{"trade_id":"t","market_ticker":"S-E-M","yes_price_dollars":"0.4000",)"
         R"("no_price_dollars":"0.6000","count_fp":"1.00","taker_side":")" +
         taker + R"(","ts_ms":)" + std::to_string(ts_ms) + "}}";
}
std::string Lifecycle(int seq, const std::string& members) {
  return R"({"type":"market_lifecycle_v2","sid":3,"seq":)" + std::to_string(seq) +
         R"(,"msg":{"market_ticker":"S-E-M",)" + members + "}}";
}

}  // namespace

TEST_CASE("RecordedMarket: the recorded sample is the session that comes with the program",
          "[recording]") {
  const auto tickers = ListRecordedMarkets(EVX_RECORDING_SAMPLE);
  REQUIRE(tickers.ok());
  CHECK(*tickers == std::vector<std::string>{kMarket});
  const auto recorded = ReadRecordedMarket(EVX_RECORDING_SAMPLE, kMarket);
  REQUIRE(recorded.ok());
  const auto session =
      ReadRecording(std::string(EVX_FLOW_RECORDINGS_DIR) + "/" + kMarket + ".evxrec");
  REQUIRE(session.ok());
  CHECK(recorded->event_ticker == session->event_ticker);
  CHECK(recorded->series_ticker == session->series_ticker);
  CHECK(recorded->price_level_structure == session->price_level_structure);
  CHECK(recorded->close_time_ms == session->close_time_ms);
  REQUIRE(recorded->frames.size() == session->frames.size());
  for (std::size_t i = 0; i < session->frames.size(); ++i) {
    const Frame& got = recorded->frames[i];
    const Frame& wanted = session->frames[i];
    INFO("frame " << i);
    REQUIRE(got.time_ms == wanted.time_ms);
    REQUIRE(got.what.index() == wanted.what.index());
    if (const auto* delta = std::get_if<DeltaFrame>(&wanted.what)) {
      REQUIRE(std::get<DeltaFrame>(got.what).level == delta->level);
      REQUIRE(std::get<DeltaFrame>(got.what).delta_centis == delta->delta_centis);
    } else if (const auto* trade = std::get_if<TradeFrame>(&wanted.what)) {
      REQUIRE(std::get<TradeFrame>(got.what) == *trade);
    } else {
      REQUIRE(std::get<SnapshotFrame>(got.what).levels ==
              std::get<SnapshotFrame>(wanted.what).levels);
    }
  }
}

TEST_CASE("RecordedMarket: what the feed does not tell is made up from what it does",
          "[recording]") {
  const Recorded recorded({Snapshot(1), Delta(2, 5'000), Trade(1, 5'001, "no"),
                           Delta(3, 5'002, "0.3450"), Snapshot(1, "S-E-N")});
  const auto tickers = ListRecordedMarkets(recorded.path());
  REQUIRE(tickers.ok());
  CHECK(*tickers == std::vector<std::string>{"S-E-M", "S-E-N"});
  const auto session = ReadRecordedMarket(recorded.path(), "S-E-M");
  REQUIRE(session.ok());
  CHECK(session->event_ticker == "S-E");
  CHECK(session->series_ticker == "S");
  CHECK(session->open_time_ms == 4'999);
  CHECK(session->close_time_ms == 5'002);
  CHECK(session->price_level_structure == "center_half_edge_half_cent");
  CHECK(session->result == RecordedResult::kScalar);
  CHECK(session->settlement_value_micros == 400'000);
  REQUIRE(session->frames.size() == 4);
  CHECK(session->frames[0].time_ms == 4'999);
  CHECK(std::get<DeltaFrame>(session->frames[1].what).level == LevelKey{BookSide::kAsk, 700'000});
  CHECK(std::get<TradeFrame>(session->frames[2].what).taker_side == BookSide::kAsk);
}

TEST_CASE("RecordedMarket: a lifecycle message tells close and outcome", "[recording]") {
  const Recorded recorded(
      {Snapshot(1), Delta(2, 5'000),
       Lifecycle(1, R"("event_type":"close_date_updated","close_ts":9)"),
       Lifecycle(2, R"("event_type":"determined","result":"no","settlement_value":"0.0000",)"
                    R"("determination_ts":10)")});
  const auto session = ReadRecordedMarket(recorded.path(), "S-E-M");
  REQUIRE(session.ok());
  CHECK(session->close_time_ms == 9'000);
  CHECK(session->result == RecordedResult::kNo);
  CHECK(session->settlement_value_micros == 0);
}

TEST_CASE("RecordedMarket: a frame that came twice counts once", "[recording]") {
  const Recorded recorded({Snapshot(1), Delta(2, 5'000), Delta(2, 5'000), Delta(3, 5'001)});
  const auto session = ReadRecordedMarket(recorded.path(), "S-E-M");
  REQUIRE(session.ok());
  CHECK(session->frames.size() == 3);
}

TEST_CASE("RecordedMarket: without a recording or a book it says so", "[recording]") {
  const recording::testing::TemporaryFolder empty;
  CHECK(absl::IsNotFound(ListRecordedMarkets(empty.path()).status()));
  const Recorded recorded({Delta(2, 5'000)});
  const auto session = ReadRecordedMarket(recorded.path(), "S-E-M");
  CHECK(absl::IsDataLoss(session.status()));
  CHECK_THAT(std::string(session.status().message()), Catch::Contains("S-E-M"));
}

}  // namespace evx::flow
