#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "fold/book_update.h"

// Updates of one market, short to write. Quantities of deltas in whole contracts.

namespace evx::order_book_rebuilder {

inline constexpr const char* kTestTicker = "TEST-MARKET";

inline Timestamp TimeOf(std::int64_t sequence) {
  return Timestamp::FromSeconds(1'000'000 + sequence);
}
inline Timestamp EventTimeOf(std::int64_t sequence) {
  return Timestamp::FromNanos(TimeOf(sequence).nanos() - 1'000);
}

inline BookUpdate AnUpdate(BookUpdateKind kind, std::int64_t sequence) {
  BookUpdate update;
  update.kind = kind;
  update.sequence = sequence;
  update.time = TimeOf(sequence);
  update.event_time = EventTimeOf(sequence);
  return update;
}

inline BookUpdate Delta(std::int64_t sequence, BookSide side, Price price, std::int64_t change,
                        std::int64_t quantity) {
  BookUpdate update = AnUpdate(BookUpdateKind::kDelta, sequence);
  update.side = side;
  update.price = price;
  update.change = Quantity::FromContracts(change);
  update.quantity = Quantity::FromContracts(quantity);
  return update;
}

inline BookUpdate Snapshot(BookUpdateKind kind, std::int64_t sequence,
                           std::vector<book::Level> bids, std::vector<book::Level> asks) {
  BookUpdate update = AnUpdate(kind, sequence);
  update.bids = std::move(bids);
  update.asks = std::move(asks);
  update.book_hash = book::HashLevels(kTestTicker, update.bids, update.asks);
  return update;
}

inline BookUpdate VenueSnapshot(std::int64_t sequence, std::vector<book::Level> bids,
                                std::vector<book::Level> asks) {
  return Snapshot(BookUpdateKind::kVenueSnapshot, sequence, std::move(bids), std::move(asks));
}
inline BookUpdate PeriodicSnapshot(std::int64_t sequence, std::vector<book::Level> bids,
                                   std::vector<book::Level> asks) {
  return Snapshot(BookUpdateKind::kPeriodicSnapshot, sequence, std::move(bids), std::move(asks));
}
inline BookUpdate Gap(std::int64_t sequence) { return AnUpdate(BookUpdateKind::kGap, sequence); }
inline BookUpdate Unreadable(std::int64_t sequence) {
  return AnUpdate(BookUpdateKind::kUnreadable, sequence);
}

}  // namespace evx::order_book_rebuilder
