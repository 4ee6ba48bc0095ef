#include "fold/book_update.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr std::size_t kLevelBytes = 4 + 8;

void EncodeLevels(ByteWriter& writer, const std::vector<book::Level>& levels) {
  writer.U32(static_cast<std::uint32_t>(levels.size()));
  for (const book::Level& level : levels) {
    writer.Put(level.price);
    writer.Put(level.quantity);
  }
}

void DecodeLevels(ByteReader& reader, std::vector<book::Level>& levels) {
  const std::uint32_t count = reader.U32();
  if (count > reader.remaining() / kLevelBytes) return reader.Fail();
  levels.resize(count);
  for (book::Level& level : levels) {
    reader.Get(level.price);
    reader.Get(level.quantity);
  }
}

bool IsDelta(const BookUpdate& update) {
  constexpr Quantity kMax = book::Book::kQuantityMax;
  return update.price > Price() && update.price < Price::FromMicros(Price::kDollarMicros) &&
         !update.change.is_zero() && update.change <= kMax && update.change >= -kMax &&
         update.quantity >= Quantity() && update.quantity <= kMax;
}

}  // namespace

void BookUpdate::Encode(ByteWriter& writer) const {
  writer.U8(static_cast<std::uint8_t>(kind));
  writer.I64(sequence);
  writer.Put(time);
  writer.Put(event_time);
  if (kind == BookUpdateKind::kDelta) {
    writer.U8(static_cast<std::uint8_t>(side));
    writer.Put(price);
    writer.Put(change);
    writer.Put(quantity);
  }
  if (is_snapshot()) {
    EncodeLevels(writer, bids);
    EncodeLevels(writer, asks);
    writer.U64(book_hash);
  }
}

void BookUpdate::Decode(ByteReader& reader) {
  kind = reader.Enum(kBookUpdateKindLast);
  sequence = reader.I64();
  reader.Get(time);
  reader.Get(event_time);
  if (kind == BookUpdateKind::kDelta) {
    side = reader.Enum(BookSide::kAsk);
    reader.Get(price);
    reader.Get(change);
    reader.Get(quantity);
    if (!IsDelta(*this)) return reader.Fail();
  }
  if (is_snapshot()) {
    DecodeLevels(reader, bids);
    DecodeLevels(reader, asks);
    book_hash = reader.U64();
  }
}

}  // namespace evx::order_book_rebuilder
