#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "evx/book/book.h"
#include "evx/market_data/published_markets.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

// A standby's book of one market.
struct StandbyBook {
  const book::Book& present;
  // What was held back, the present last; periodic snapshots left out.
  const std::vector<marketdata::v1::BookMessage>& held;
  // The last change before all of that; nothing: not known, or the book came whole.
  const std::optional<DeltaPrint>& base;
  // It is followed here since before the leader's end.
  bool is_covered = false;
};

// Where the readers of a book stand in what a standby held back of it: the index of the first
// message that they have not. Nothing: they have something else, or more.
//
// Going back from the present, each change undone, their book must appear, and the change before it
// must be the last one that they were told. If that lies before all that is held, and `base` is not
// known, the books alone decide, unless the venue dates it after the first that is held; if they
// were told the whole book last, it must appear once. For all but the first case this server must
// have followed the book for long enough.
std::optional<std::size_t> FindPlace(const StandbyBook& book, const PublishedMarket& published);

// The same for tickers: behind the last one that was told. Nothing: it is not among them.
std::optional<std::size_t> FindPlace(const std::vector<marketdata::v1::TickerMessage>& held,
                                     const PublishedMarket& published);

}  // namespace evx::market_data
