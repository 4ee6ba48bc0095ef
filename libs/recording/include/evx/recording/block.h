#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/sides.h"
#include "evx/recording/limits.h"

// A block: some ten thousand received frames as columns, and back. No input or output.
//
// Each frame is cut into a shape (its text without the values) and values; a block stores each
// shape once and its values as columns: integers as differences, as places in a table, or not at
// all where they follow from another column of the same shape (ts_ms from ts, no_price from
// yes_price), texts as places in a table. zstd compresses each column. What comes back is the frame
// byte for byte, whatever it was: a frame that has no shape (not even JSON, say) is stored as it
// is.
//
// The normalised events are read from the columns without making the frames again.
// Cost: about 1 us a frame to encode. A block is decoded as a whole.

namespace evx::recording {

// One received frame. `connection` tells the connections of a recorder apart, as the `sid` of a
// frame counts within its connection.
struct Frame {
  Timestamp received;
  std::uint32_t connection = 0;
  std::string_view bytes;

  friend bool operator==(const Frame&, const Frame&) = default;
};

// Collects the frames of a block. Not thread-safe.
class BlockEncoder {
 public:
  BlockEncoder();
  ~BlockEncoder();
  BlockEncoder(const BlockEncoder&) = delete;
  BlockEncoder& operator=(const BlockEncoder&) = delete;

  // The bytes are taken over. INVALID_ARGUMENT: longer than kFrameBytesMax. RESOURCE_EXHAUSTED: the
  // block is full; Finish comes first.
  absl::Status Add(const Frame& frame);

  // The block of all frames added; the encoder is empty after it.
  std::string Finish();

  std::size_t frame_count() const;
  std::size_t raw_bytes() const;
  // Frames of this block that are stored as they are.
  std::size_t escaped_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

enum class EventKind : std::uint8_t {
  kSnapshot,
  kDelta,
  kTrade,
  kTicker,
  kLifecycle,
  // Answers to commands, messages of other channels, and frames without the members of their type.
  kOther,
};

inline constexpr EventKind kEventKindLast = EventKind::kOther;

// One frame, normalised. Prices are those that the frame names (a delta of side `no` has the price
// of the NO contract). Absent numbers are 0. Views live as long as the block.
struct Event {
  EventKind kind = EventKind::kOther;
  Timestamp received;
  std::uint32_t connection = 0;
  std::int64_t sid = 0;
  std::int64_t seq = 0;
  std::int64_t ts_ms = 0;
  std::string_view market_ticker;
  // Delta: of the level. Trade: of the YES contract. Ticker: of the last trade.
  std::int64_t price_micros = 0;
  // Delta: its change, signed. Trade: its count.
  std::int64_t quantity_centis = 0;
  // Delta: of the level. Trade: of the taker.
  ContractSide side = ContractSide::kYes;
};

struct EventLevel {
  std::int64_t price_micros = 0;
  std::int64_t quantity_centis = 0;

  friend bool operator==(const EventLevel&, const EventLevel&) = default;
};

// A decoded block. Immutable, so thread-safe.
class Block {
 public:
  // DATA_LOSS where the bytes are no block.
  static absl::StatusOr<Block> Decode(std::string_view bytes);

  Block(Block&&) noexcept;
  Block& operator=(Block&&) noexcept;
  ~Block();

  std::size_t frame_count() const;
  Timestamp received(std::size_t frame) const;
  std::uint32_t connection(std::size_t frame) const;

  // The frame as it was received.
  void AppendFrame(std::size_t frame, std::string& out) const;

  Event EventOf(std::size_t frame) const;

  // Levels of a snapshot, as the frame lists them; empty for a side that it leaves out.
  std::vector<EventLevel> LevelsOf(std::size_t frame, ContractSide side) const;

 private:
  struct State;
  explicit Block(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace evx::recording
