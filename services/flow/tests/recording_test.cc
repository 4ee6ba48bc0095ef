#include "recording.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace evx::flow {

TEST_CASE("Recording: the session that comes with the program is read whole", "[recording]") {
  const auto paths = ListRecordings(EVX_FLOW_RECORDINGS_DIR);
  REQUIRE(paths.ok());
  REQUIRE_FALSE(paths->empty());
  const auto recording = ReadRecording(paths->front());
  REQUIRE(recording.ok());
  CHECK(recording->market_ticker == "KXGOLD15M-26AUG101900-00");
  CHECK(recording->frames.size() == 23'003);
  CHECK(recording->result == RecordedResult::kYes);
  CHECK(recording->settlement_value_micros == 1'000'000);
  const auto milliseconds = ByMillisecond(*recording);
  CHECK(milliseconds.front().is_resync);
  CHECK(milliseconds.front().snapshot.levels.size() == 70);
  CHECK(milliseconds.back().time_ms == recording->close_time_ms);
}

TEST_CASE("Recording: frames of one time that arrived apart are one millisecond", "[recording]") {
  Recording recording;
  const LevelKey level{BookSide::kBid, 400'000};
  recording.frames = {{10, SnapshotFrame{{{level, 500}}}},
                      {12, DeltaFrame{level, 100}},
                      {13, DeltaFrame{level, 50}},
                      {12, TradeFrame{BookSide::kAsk, 400'000, 20}},
                      {15, SnapshotFrame{}}};
  const auto milliseconds = ByMillisecond(recording);
  REQUIRE(milliseconds.size() == 3);  // What follows the last delta is left out.
  CHECK(milliseconds[1].time_ms == 12);
  CHECK(milliseconds[1].deltas.size() == 1);
  CHECK(milliseconds[1].trades.size() == 1);
}

TEST_CASE("Recording: damaged bytes are an error, never a crash", "[recording]") {
  CHECK_FALSE(DecodeRecording("").ok());
  CHECK_FALSE(DecodeRecording("evx-recording 1\n{}\n").ok());
  const std::string good =
      "evx-recording 1\n{\"market_ticker\":\"A-1-X\",\"event_ticker\":\"A-1\",\"series_ticker\":"
      "\"A\",\"open_time_ms\":1,\"close_time_ms\":2}\n";
  REQUIRE(DecodeRecording(good).ok());
  std::mt19937_64 random(7);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = good;
    const std::size_t count = random() % 40;
    for (std::size_t j = 0; j < count; ++j) bytes.push_back(static_cast<char>(random()));
    static_cast<void>(DecodeRecording(bytes));
  }
}

}  // namespace evx::flow
