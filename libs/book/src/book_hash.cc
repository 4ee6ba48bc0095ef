#include <bit>
#include <cstring>
#include <string>

#include "evx/book/book.h"
#include "evx/core/hash.h"

namespace evx::book {
namespace {

static_assert(std::endian::native == std::endian::little, "add byte swaps for this machine");

// Side, price and quantity.
constexpr std::size_t kLevelBytes = 1 + 8 + 8;

// Behind the last byte that was written.
char* PutSide(BookSide side, std::span<const Level> levels, char* out) {
  for (const Level& level : levels) {
    const std::int64_t micros = level.price.micros();
    const std::int64_t centis = level.quantity.centis();
    *out = side == BookSide::kBid ? 0 : 1;
    std::memcpy(out + 1, &micros, sizeof(micros));
    std::memcpy(out + 9, &centis, sizeof(centis));
    out += kLevelBytes;
  }
  return out;
}

}  // namespace

std::uint64_t HashLevels(std::string_view ticker, std::span<const Level> bids,
                         std::span<const Level> asks) {
  std::string bytes(ticker);
  bytes.resize(ticker.size() + kLevelBytes * (bids.size() + asks.size()));
  char* const levels = bytes.data() + ticker.size();
  PutSide(BookSide::kAsk, asks, PutSide(BookSide::kBid, bids, levels));
  return Xxh64(bytes);
}

std::uint64_t HashBook(std::string_view ticker, const Book& book) {
  std::vector<Level> bids, asks;
  book.AppendLevels(BookSide::kBid, book.level_count(BookSide::kBid), bids);
  book.AppendLevels(BookSide::kAsk, book.level_count(BookSide::kAsk), asks);
  return HashLevels(ticker, bids, asks);
}

}  // namespace evx::book
