#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/sides.h"

// A recorded session of one market: what its book and its trades were, frame by frame.

namespace evx::flow {

// A price level; prices are those of the YES contract in micro-dollars, quantities hundredths.
struct LevelKey {
  BookSide side = BookSide::kBid;
  std::int64_t price_micros = 0;
  friend auto operator<=>(const LevelKey&, const LevelKey&) = default;
};

struct DeltaFrame {
  LevelKey level;
  std::int64_t delta_centis = 0;
};
struct TradeFrame {
  BookSide taker_side = BookSide::kBid;
  std::int64_t price_micros = 0;
  std::int64_t quantity_centis = 0;
  friend auto operator<=>(const TradeFrame&, const TradeFrame&) = default;
};
// The whole book: at the start, and after the recorder lost its connection.
struct SnapshotFrame {
  std::vector<std::pair<LevelKey, std::int64_t>> levels;
};

struct Frame {
  std::int64_t time_ms = 0;
  std::variant<DeltaFrame, TradeFrame, SnapshotFrame> what;
};

enum class RecordedResult : std::uint8_t { kYes, kNo, kScalar };

struct Recording {
  std::string market_ticker;
  std::string event_ticker;
  std::string series_ticker;
  std::int64_t open_time_ms = 0;
  std::int64_t close_time_ms = 0;
  std::string price_level_structure;
  RecordedResult result = RecordedResult::kYes;
  std::int64_t settlement_value_micros = 0;
  std::string expiration_value;
  std::vector<Frame> frames;  // As received.
};

// Decodes our recording format (README.md). DATA_LOSS names what is wrong; never trusts a length.
absl::StatusOr<Recording> DecodeRecording(std::string_view bytes);
absl::StatusOr<Recording> ReadRecording(const std::string& path);
// The paths of the recordings in a directory, sorted by name.
absl::StatusOr<std::vector<std::string>> ListRecordings(const std::string& directory);

// Everything that happened in one recorded millisecond.
struct Millisecond {
  std::int64_t time_ms = 0;
  // Set for the first one of a session and after a reconnect: the book is this one now.
  bool is_resync = false;
  SnapshotFrame snapshot;
  std::vector<DeltaFrame> deltas;
  std::vector<TradeFrame> trades;
};

// The session by milliseconds, in time order, up to the last delta: frames of one time that arrived
// apart are put together. What lies before the first snapshot is left out.
std::vector<Millisecond> ByMillisecond(const Recording& recording);

}  // namespace evx::flow
