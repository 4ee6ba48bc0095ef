#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

namespace evx::order_book_rebuilder {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBegin = 496'000 * 3'600 * kSecond;  // Of a recorded hour.

constexpr const char* kTrade =
    R"({"type":"trade","sid":8,"seq":5,"msg":{"trade_id":"t","market_ticker":"A",)"
    R"("yes_price_dollars":"0.4000","no_price_dollars":"0.6000","count_fp":"1.00",)"
    R"("taker_side":"yes","ts":1}})";
constexpr const char* kTicker =
    R"({"type":"ticker","sid":9,"msg":{"market_ticker":"A","price_dollars":"0.4800"}})";

// A recording of these frames from kBegin on.
class RecordedFilm {
 public:
  explicit RecordedFilm(const std::vector<std::string>& frames,
                        std::int64_t interval_nanos = kSecond) {
    const auto writer = recording::RecordingWriter::Open(folder());
    REQUIRE(writer.ok());
    std::int64_t received = kBegin;
    for (const std::string& frame : frames) {
      REQUIRE((*writer)->Append({Timestamp::FromNanos(received), 0, frame}).ok());
      received += interval_nanos;
    }
    REQUIRE((*writer)->Flush().ok());
  }
  const std::string& folder() const { return folder_.path(); }

 private:
  const recording::testing::TemporaryFolder folder_;
};

// An empty book, then deltas of one contract each: the book tells the number of them.
inline std::vector<std::string> CountingFrames(int delta_count) {
  std::vector<std::string> frames = {
      R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A",)"
      R"("market_id":"id"}})"};
  for (int seq = 2; seq <= delta_count + 1; ++seq) {
    frames.push_back(R"({"type":"orderbook_delta","sid":1,"seq":)" + std::to_string(seq) +
                     R"(,"msg":{"market_ticker":"A","market_id":"id","price_dollars":"0.5000",)"
                     R"("delta_fp":"1.00","side":"yes","ts_ms":1}})");
  }
  return frames;
}

}  // namespace evx::order_book_rebuilder
