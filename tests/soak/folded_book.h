#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evx/book/book.h"

namespace evx::soak {

// A market's book as one WebSocket client knows it: a snapshot and the deltas behind it.
class FoldedBook {
 public:
  // Replace the book, change a level. False, and the book is not to be trusted any more, when the
  // message cannot be read or a level would become negative.
  bool ApplySnapshot(std::string_view message);
  bool ApplyDelta(std::string_view message);

  std::uint64_t Hash(std::string_view ticker) const { return book::HashBook(ticker, book_); }
  std::size_t level_count() const {
    return book_.level_count(BookSide::kBid) + book_.level_count(BookSide::kAsk);
  }
  // "bid 560000 1200, ..." as hashed.
  std::string Describe() const;

 private:
  static bool ReadLevels(std::string_view message, std::string_view name, BookSide side,
                         std::vector<book::Level>& levels);

  book::Book book_;
};

}  // namespace evx::soak
