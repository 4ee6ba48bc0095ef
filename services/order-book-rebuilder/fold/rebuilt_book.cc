#include "fold/rebuilt_book.h"

#include <limits>
#include <utility>

#include "evx/core/status.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr BookSide kSides[] = {BookSide::kBid, BookSide::kAsk};
// Price, quantity, kind and time of a level.
constexpr std::size_t kLevelBytes = 4 + 8 + 1 + 8;

LevelChangeKind KindOf(Quantity before, Quantity after) {
  if (before.is_zero()) return LevelChangeKind::kAdded;
  return after > before ? LevelChangeKind::kIncreased : LevelChangeKind::kDecreased;
}

}  // namespace

std::string_view ToString(LevelChangeKind kind) {
  switch (kind) {
    case LevelChangeKind::kAdded:
      return "added";
    case LevelChangeKind::kIncreased:
      return "increased";
    case LevelChangeKind::kDecreased:
      return "decreased";
  }
  return "";
}

book::ApplyResult RebuiltBook::Set(BookSide side, Price price, Quantity quantity, Timestamp time) {
  const Quantity before = book_.QuantityAt(side, price);
  const book::ApplyResult result = book_.Set(side, price, quantity);
  if (result != book::ApplyResult::kApplied) return result;
  if (quantity.is_zero()) {
    ChangesOf(side).erase(price.micros());
  } else {
    ChangesOf(side)[price.micros()] = {KindOf(before, quantity), time};
  }
  return result;
}

absl::Status RebuiltBook::Reset(std::span<const book::Level> bids,
                                std::span<const book::Level> asks, Timestamp time) {
  book::Book replaced;
  EVX_RETURN_IF_ERROR(replaced.Reset(bids, asks));
  for (const BookSide side : kSides) {
    Changes changes;
    for (const book::Level& level : side == BookSide::kBid ? bids : asks) {
      const Quantity before = book_.QuantityAt(side, level.price);
      changes[level.price.micros()] = before == level.quantity
                                          ? *LastChange(side, level.price)
                                          : LevelChange{KindOf(before, level.quantity), time};
    }
    ChangesOf(side) = std::move(changes);
  }
  book_ = std::move(replaced);
  return absl::OkStatus();
}

std::optional<LevelChange> RebuiltBook::LastChange(BookSide side, Price price) const {
  const auto found = ChangesOf(side).find(price.micros());
  if (found == ChangesOf(side).end()) return std::nullopt;
  return found->second;
}

std::optional<LevelView> RebuiltBook::Best(BookSide side) const {
  const auto best = book_.Best(side);
  if (!best) return std::nullopt;
  return LevelView{best->price, best->quantity, *LastChange(side, best->price)};
}

void RebuiltBook::Encode(ByteWriter& writer) const {
  for (const BookSide side : kSides) {
    std::vector<book::Level> levels;
    book_.AppendLevels(side, book_.level_count(side), levels);
    writer.U32(static_cast<std::uint32_t>(levels.size()));
    for (const book::Level& level : levels) {
      const LevelChange change = *LastChange(side, level.price);
      writer.Put(level.price);
      writer.Put(level.quantity);
      writer.U8(static_cast<std::uint8_t>(change.kind));
      writer.Put(change.time);
    }
  }
}

void RebuiltBook::Decode(ByteReader& reader) {
  RebuiltBook decoded;
  for (const BookSide side : kSides) {
    const std::uint32_t count = reader.U32();
    if (count > reader.remaining() / kLevelBytes) return reader.Fail();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto price = reader.Get<Price>();
      const auto quantity = reader.Get<Quantity>();
      const auto kind = reader.Enum(kLevelChangeKindLast);
      const auto time = reader.Get<Timestamp>();
      if (!reader.ok() || quantity.is_zero() ||
          decoded.book_.Set(side, price, quantity) != book::ApplyResult::kApplied) {
        return reader.Fail();
      }
      decoded.ChangesOf(side)[price.micros()] = {kind, time};
    }
  }
  *this = std::move(decoded);
}

}  // namespace evx::order_book_rebuilder
