#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"

// A market's book by price level, folded from a snapshot and the changes behind it, and the hash
// that two holders of a book compare.

namespace evx::book {

// A price and what rests there: above $0 and below $1, more than nothing.
struct Level {
  Price price;
  Quantity quantity;
  friend constexpr bool operator==(const Level&, const Level&) = default;
};

enum class ApplyResult : std::uint8_t {
  kApplied,
  // The level has what it had.
  kUnchanged,
  // $0 and $1 are no prices of a level.
  kBadPrice,
  // The level would hold less than nothing, or more than kQuantityMax.
  kBadQuantity,
};

// Bids and asks in YES space. A feed's book may be crossed for a moment, so that is not refused:
// see is_crossed.
//
// Every price has a place of its own in a table of whole cents, tenths or hundredths of one: the
// coarsest of them that holds all prices seen, so a book costs nothing while it is empty, and with
// any level 1.6 kB, 16 kB or 163 kB. A change costs a few nanoseconds, whatever the depth, beyond
// what the memory takes; a finer price than any before moves the table once. Not thread-safe.
class Book {
 public:
  // Hundredths of a contract: 10^16 contracts.
  static constexpr Quantity kQuantityMax = Quantity::FromCentis(1'000'000'000'000'000'000);

  // Replaces everything. Levels in any order. InvalidArgument, and an unchanged book, when a price
  // comes twice on a side, or price or quantity is none of a level; names side and price.
  absl::Status Reset(std::span<const Level> bids, std::span<const Level> asks);
  void Clear();

  // Asks for the memory of a level that is about to be read or changed.
  void Prefetch(BookSide side, Price price) const;
  // Adds `change` to what rests at `price`. An error leaves the book as it is.
  ApplyResult Apply(BookSide side, Price price, Quantity change);
  // Replaces what rests at `price`; 0: nothing does.
  ApplyResult Set(BookSide side, Price price, Quantity quantity);

  // 0: no level.
  Quantity QuantityAt(BookSide side, Price price) const;
  // Highest bid, lowest ask; nothing when the side is empty.
  std::optional<Level> Best(BookSide side) const;
  // A bid at or above an ask.
  bool is_crossed() const;
  std::size_t level_count(BookSide side) const { return level_counts_[Index(side)]; }
  // Whether these, best first, are the levels of the side. Cheaper than the hash of the book.
  bool HasLevels(BookSide side, std::span<const Level> levels) const;
  // Best first, at most `count_max`, behind what is in `out`.
  void AppendLevels(BookSide side, std::size_t count_max, std::vector<Level>& out) const;

  friend bool operator==(const Book& a, const Book& b);

 private:
  static std::size_t Index(BookSide side) { return static_cast<std::size_t>(side); }

  // A table that has a place for this price, with the levels that are there.
  void Refine(std::uint32_t ticks);
  void Store(BookSide side, std::uint32_t place, std::int64_t quantity);

  // Places are counted from the side's best possible price. Nothing when the table is too coarse.
  std::optional<std::uint32_t> PlaceOf(BookSide side, std::uint32_t ticks) const;
  // The first level at `place` or worse; place_count_ when there is none.
  std::uint32_t NextPlace(BookSide side, std::uint32_t place) const;
  Level LevelAt(BookSide side, std::uint32_t place) const;

  std::size_t WordCount() const;
  std::uint64_t* BitsOf(BookSide side);
  const std::uint64_t* BitsOf(BookSide side) const;
  std::uint64_t* QuantitiesOf(BookSide side);
  const std::uint64_t* QuantitiesOf(BookSide side) const;

  // Distance of places, in $0.0001: 100, 10 or 1.
  std::uint32_t step_ticks_ = 100;
  // $0 included; 0: there is no table yet.
  std::uint32_t place_count_ = 0;
  // place_count_ when the side is empty.
  std::uint32_t best_places_[2] = {0, 0};
  std::uint32_t level_counts_[2] = {0, 0};
  // One bit for each place of the bids that holds a level, the same of the asks, then the
  // quantities of the bids and of the asks.
  std::vector<std::uint64_t> table_;
};

// XXH64 over the ticker, then for bids best first and asks best first: the side as one byte (0 bid,
// 1 ask), the price as 8 bytes little endian in micro-dollars, the quantity as 8 bytes little
// endian in hundredths. Equal for equal books on every machine and in every version; README.md has
// the same in Python.
std::uint64_t HashLevels(std::string_view ticker, std::span<const Level> bids,
                         std::span<const Level> asks);
std::uint64_t HashBook(std::string_view ticker, const Book& book);

}  // namespace evx::book
