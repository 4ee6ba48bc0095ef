#include "venue/venue_messages.h"

#include "absl/strings/str_format.h"
#include "evx/core/hash.h"

namespace evx::order_book_rebuilder {

std::string VenueMarketId(std::string_view ticker) {
  const Hash128 hash = Xxh3(ticker);
  const std::uint64_t high = (hash.high & ~0xf000ull) | 0x8000ull;  // Version 8.
  const std::uint64_t low = (hash.low & ~(0xc0ull << 56)) | std::uint64_t{0x80} << 56;  // Variant.
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffff'ffff'ffffull);
}

kalshi::OrderBook ToVenueBook(const BookView& view) {
  kalshi::OrderBook book;
  for (auto level = view.bids.rbegin(); level != view.bids.rend(); ++level) {
    book.yes.push_back({level->price, level->quantity});
  }
  for (auto level = view.asks.rbegin(); level != view.asks.rend(); ++level) {
    book.no.push_back({level->price.Complement(), level->quantity});
  }
  return book;
}

kalshi::OrderbookSnapshot ToVenueSnapshot(const BookView& view) {
  return {view.ticker, VenueMarketId(view.ticker), ToVenueBook(view)};
}

void UseYesPrice(kalshi::OrderbookSnapshot& snapshot) {
  for (kalshi::BookLevel& level : snapshot.book.no) level.price = level.price.Complement();
}

void UseYesPrice(kalshi::OrderbookDelta& delta) {
  if (delta.side == ContractSide::kNo) delta.price = delta.price.Complement();
}

}  // namespace evx::order_book_rebuilder
