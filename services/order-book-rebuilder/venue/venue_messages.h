#pragma once

#include <string>
#include <string_view>

#include "evx/kalshi/websocket_messages.h"
#include "store/rebuilt_books.h"

// Books in the venue's words: bids of YES and of NO, the best price last.

namespace evx::order_book_rebuilder {

// An id for what the venue calls market_id. The topic of books does not carry the venue's own, so
// this is a UUID (version 8) made of the ticker: another one for each, the same everywhere.
std::string VenueMarketId(std::string_view ticker);

kalshi::OrderBook ToVenueBook(const BookView& view);
kalshi::OrderbookSnapshot ToVenueSnapshot(const BookView& view);
// Prices of NO in dollars of YES, as a subscription with use_yes_price has them.
void UseYesPrice(kalshi::OrderbookSnapshot& snapshot);
void UseYesPrice(kalshi::OrderbookDelta& delta);

}  // namespace evx::order_book_rebuilder
