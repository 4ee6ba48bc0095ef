#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evx/book/book.h"
#include "fold/book_update.h"

// A week of many markets, made of recorded ones: each recorded market is stretched to a week, and
// its copies differ in quantities, in the side of the book, and in when they begin. The same files
// give the same week.

namespace evx::order_book_rebuilder {

inline constexpr Timestamp kWeekStart = Timestamp::FromSeconds(1'800'000'000);
inline constexpr std::int64_t kWeekNanos = std::int64_t{7} * 24 * 3'600 * 1'000'000'000;

// What was recorded of one market's book.
struct RecordedMarket {
  struct Snapshot {
    std::vector<book::Level> bids;
    std::vector<book::Level> asks;
  };
  struct Change {
    // When it was received.
    Timestamp time;
    // Place in `snapshots`; below 0: a delta.
    std::int32_t snapshot = -1;
    BookSide side = BookSide::kBid;
    Price price;
    Quantity change;
    Quantity quantity;  // Afterwards.
  };
  std::vector<Change> changes;  // The first one is a snapshot.
  std::vector<Snapshot> snapshots;
};

// Of the frame logs or the recordings in these folders, by ticker. Empty: a folder has neither. A
// frame that does not fit ends the program.
std::vector<RecordedMarket> ReadRecordedMarkets(const std::vector<std::string>& folders);

// The updates of one of the week's markets, one after the other.
class WeekMarket {
 public:
  // `recorded` outlives this.
  WeekMarket(const std::vector<RecordedMarket>& recorded, int number);

  const std::string& ticker() const { return ticker_; }
  bool at_end() const { return next_ == recorded_->changes.size(); }
  // Of the next update.
  Timestamp time() const;
  // Valid until the next call.
  const BookUpdate& Next();

 private:
  book::Level Copied(const book::Level& level) const;

  const RecordedMarket* recorded_;
  std::string ticker_;
  bool is_mirrored_ = false;
  std::int64_t quantity_factor_ = 1;
  Timestamp start_;
  std::size_t next_ = 0;
  BookUpdate update_;
};

}  // namespace evx::order_book_rebuilder
