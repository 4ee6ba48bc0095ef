#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evx/book/book.h"
#include "evx/core/text_map.h"
#include "evx/kalshi/websocket_messages.h"
#include "evx/recording/block.h"

namespace evx::order_book_rebuilder {

// The books of the recorded markets as of the frames that were folded. Pure. Not thread-safe.
//
// A book is known from the market's first snapshot on. A delta that does not fit it (the recorder
// missed something) makes it unknown until the next snapshot.
class ReplayBooks {
 public:
  // `bytes` is the frame of the event. Frames that are no book's change nothing.
  void Apply(const recording::Event& event, std::string_view bytes);
  // No book is known any more.
  void Clear() { markets_.clear(); }

  // Whose books are known, in order.
  std::vector<std::string> Tickers() const;
  bool Knows(std::string_view ticker) const { return markets_.contains(ticker); }
  // What the venue would send to a subscriber now; `ticker` must be known.
  kalshi::OrderbookSnapshot SnapshotOf(std::string_view ticker) const;

 private:
  struct Market {
    std::string id;  // The venue's UUID.
    book::Book book;
  };

  void Reset(const recording::Event& event, std::string_view bytes);

  TextMap<Market> markets_;
};

}  // namespace evx::order_book_rebuilder
