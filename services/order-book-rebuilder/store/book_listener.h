#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fold/market_fold.h"

namespace evx::order_book_rebuilder {

// Learns of everything that changes what the readers of RebuiltBooks see, in order, on the thread
// that applies.
//
// Each call counts version() up. A reader that has seen a book together with a version has seen
// what calls up to it told, and nothing of the later ones.
class BookListener {
 public:
  virtual ~BookListener() = default;

  // Any thread.
  virtual std::uint64_t version() const = 0;

  // These two are called with the lock of the market's partition.
  // A level of a book that is shown has another quantity.
  virtual void OnDelta(const MarketFold& fold, const BookUpdate& delta) = 0;
  // What is shown of a market is another state than before: another book, or another doubt.
  virtual void OnState(const MarketFold& fold) = 0;
  // All markets of a partition are shown from now on, or no longer. `tickers`: those it knows.
  virtual void OnPartition(std::int32_t number, std::vector<std::string> tickers) = 0;
  // Everything that can be told at once has been.
  virtual void Flush() = 0;
};

}  // namespace evx::order_book_rebuilder
