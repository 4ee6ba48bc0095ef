#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
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

// A recording of these frames from kBegin on, in a folder of its own unless one is named, and the
// recorder that goes on with it.
class RecordedFilm {
 public:
  explicit RecordedFilm(const std::vector<std::string>& frames,
                        std::int64_t interval_nanos = kSecond, const std::string& folder = {})
      : folder_(folder.empty() ? own_folder_.path() : folder), interval_nanos_(interval_nanos) {
    auto writer = recording::RecordingWriter::Open(folder_);
    REQUIRE(writer.ok());
    writer_ = *std::move(writer);
    Append(frames);
  }
  const std::string& folder() const { return folder_; }

  void Append(const std::vector<std::string>& frames) {
    for (const std::string& frame : frames) {
      REQUIRE(writer_->Append({Timestamp::FromNanos(next_), 0, frame}).ok());
      next_ += interval_nanos_;
    }
    REQUIRE(writer_->Flush().ok());
  }
  // Ends the block.
  void Seal() { REQUIRE(writer_->Seal().ok()); }

 private:
  const recording::testing::TemporaryFolder own_folder_;
  const std::string folder_;
  const std::int64_t interval_nanos_;
  std::int64_t next_ = kBegin;
  std::unique_ptr<recording::RecordingWriter> writer_;
};

// Deltas of one contract each.
inline std::vector<std::string> CountingDeltas(int seq_first, int seq_last) {
  std::vector<std::string> frames;
  for (int seq = seq_first; seq <= seq_last; ++seq) {
    frames.push_back(R"({"type":"orderbook_delta","sid":1,"seq":)" + std::to_string(seq) +
                     R"(,"msg":{"market_ticker":"A","market_id":"id","price_dollars":"0.5000",)"
                     R"("delta_fp":"1.00","side":"yes","ts_ms":1}})");
  }
  return frames;
}

// An empty book, then such deltas: the book tells the number of them.
inline std::vector<std::string> CountingFrames(int delta_count) {
  std::vector<std::string> frames = CountingDeltas(2, delta_count + 1);
  frames.insert(frames.begin(),
                R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A",)"
                R"("market_id":"id"}})");
  return frames;
}

}  // namespace evx::order_book_rebuilder
