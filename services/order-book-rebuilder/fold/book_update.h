#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "evx/book/book.h"
#include "evx/core/bytes.h"
#include "evx/core/clock.h"
#include "evx/core/sides.h"

namespace evx::order_book_rebuilder {

// What a message says of its market.
enum class BookUpdateKind : std::uint8_t {
  kDelta,
  // The whole book after the message of the same number: a proof.
  kPeriodicSnapshot,
  // The whole book, with a number of its own.
  kVenueSnapshot,
  // Updates were, or may have been, missed.
  kGap,
  // The message has this number and cannot be read.
  kUnreadable,
};
inline constexpr BookUpdateKind kBookUpdateKindLast = BookUpdateKind::kUnreadable;

// One checked message of a market's book.
struct BookUpdate {
  BookUpdateKind kind = BookUpdateKind::kUnreadable;
  // The market's number of the message, from 1 on.
  std::int64_t sequence = 0;
  // When it was received from the venue, or made if it was not; never 0.
  Timestamp time;
  // When it happened in the venue's time; the same as `time` when the venue did not tell.
  Timestamp event_time;

  // kDelta: the level, what was added (negative: taken away), and what it has now.
  BookSide side = BookSide::kBid;
  Price price;
  Quantity change;
  Quantity quantity;

  // Snapshots: best first, and the hash of these levels.
  std::vector<book::Level> bids;
  std::vector<book::Level> asks;
  std::uint64_t book_hash = 0;

  bool is_snapshot() const {
    return kind == BookUpdateKind::kPeriodicSnapshot || kind == BookUpdateKind::kVenueSnapshot;
  }

  void Encode(ByteWriter& writer) const;
  // The reader fails on what Encode does not write.
  void Decode(ByteReader& reader);
};

}  // namespace evx::order_book_rebuilder
