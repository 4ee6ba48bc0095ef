#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "evx/book/book.h"
#include "evx/core/bytes.h"
#include "evx/core/clock.h"

namespace evx::order_book_rebuilder {

// What the last change of a level did to it. A level that is taken away whole is gone, and nothing
// is known of it.
enum class LevelChangeKind : std::uint8_t { kAdded, kIncreased, kDecreased };
inline constexpr LevelChangeKind kLevelChangeKindLast = LevelChangeKind::kDecreased;
std::string_view ToString(LevelChangeKind kind);

struct LevelChange {
  LevelChangeKind kind = LevelChangeKind::kAdded;
  Timestamp time;
  friend bool operator==(const LevelChange&, const LevelChange&) = default;
};

// A level with its last change.
struct LevelView {
  Price price;
  Quantity quantity;
  LevelChange last_change;
};

// A book that knows of each level when it changed last, and how. Not thread-safe.
class RebuiltBook {
 public:
  // The level has `quantity` from now on; 0: it is gone. As book::Book::Set, an error changes
  // nothing.
  book::ApplyResult Set(BookSide side, Price price, Quantity quantity, Timestamp time);
  // Asks for the memory of a level that is about to be set. With many books it is in no cache, and
  // its parts come at once instead of one after the other.
  void Prefetch(BookSide side, Price price) const {
    book_.Prefetch(side, price);
    ChangesOf(side).prefetch(price.micros());
  }
  // Replaces everything. A level that has what it had keeps its last change; what is different was
  // changed at `time`. As book::Book::Reset, an error changes nothing.
  absl::Status Reset(std::span<const book::Level> bids, std::span<const book::Level> asks,
                     Timestamp time);

  const book::Book& levels() const { return book_; }
  // Nothing where there is no level.
  std::optional<LevelChange> LastChange(BookSide side, Price price) const;
  // Nothing when the side is empty.
  std::optional<LevelView> Best(BookSide side) const;

  void Encode(ByteWriter& writer) const;
  // The reader fails on what Encode does not write.
  void Decode(ByteReader& reader);

  friend bool operator==(const RebuiltBook&, const RebuiltBook&) = default;

 private:
  using Changes = absl::flat_hash_map<std::int64_t, LevelChange>;  // By price in micro-dollars.
  Changes& ChangesOf(BookSide side) { return changes_[static_cast<std::size_t>(side)]; }
  const Changes& ChangesOf(BookSide side) const { return changes_[static_cast<std::size_t>(side)]; }

  book::Book book_;
  Changes changes_[2];
};

}  // namespace evx::order_book_rebuilder
