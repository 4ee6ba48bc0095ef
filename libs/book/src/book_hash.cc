#include <string>

#include "evx/book/book.h"
#include "evx/core/bytes.h"
#include "evx/core/hash.h"

namespace evx::book {
namespace {

void AppendSide(BookSide side, std::span<const Level> levels, std::string& bytes) {
  ByteWriter writer(bytes);
  for (const Level& level : levels) {
    writer.U8(side == BookSide::kBid ? 0 : 1);
    writer.I64(level.price.micros());
    writer.I64(level.quantity.centis());
  }
}

}  // namespace

std::uint64_t HashLevels(std::string_view ticker, std::span<const Level> bids,
                         std::span<const Level> asks) {
  constexpr std::size_t kLevelBytes = 17;
  std::string bytes;
  bytes.reserve(ticker.size() + kLevelBytes * (bids.size() + asks.size()));
  bytes.append(ticker);
  AppendSide(BookSide::kBid, bids, bytes);
  AppendSide(BookSide::kAsk, asks, bytes);
  return Xxh64(bytes);
}

std::uint64_t HashBook(std::string_view ticker, const Book& book) {
  std::vector<Level> bids, asks;
  book.AppendLevels(BookSide::kBid, book.level_count(BookSide::kBid), bids);
  book.AppendLevels(BookSide::kAsk, book.level_count(BookSide::kAsk), asks);
  return HashLevels(ticker, bids, asks);
}

}  // namespace evx::book
