#include "store/market_history.h"

#include <algorithm>

namespace evx::order_book_rebuilder {
namespace {

// What a change begins with.
constexpr std::uint8_t kBidDelta = 0;
constexpr std::uint8_t kAskDelta = 1;
constexpr std::uint8_t kDoubt = 2;

constexpr std::int64_t kTickMicros = Price::kGranularityMicros;

// Seven bits a byte, the lowest first; the highest bit says that more follow.
std::uint64_t GetVarint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = reader.U8();
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  reader.Fail();
  return 0;
}

// Small numbers of either sign become small numbers.
std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// Wraps instead of overflowing: the bytes may be damaged.
std::int64_t Plus(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}

std::uint64_t Minus(Timestamp a, Timestamp b) {
  return static_cast<std::uint64_t>(a.nanos()) - static_cast<std::uint64_t>(b.nanos());
}

void GetDelta(ByteReader& reader, std::uint8_t kind, PastBook& past) {
  const auto event_time = Timestamp::FromNanos(
      Plus(past.time.nanos(), static_cast<std::uint64_t>(UnZigZag(GetVarint(reader)))));
  past.sequence = Plus(past.sequence, GetVarint(reader));
  const std::uint64_t ticks = GetVarint(reader);
  const std::uint64_t centis = GetVarint(reader);
  if (!reader.ok() || ticks >= static_cast<std::uint64_t>(Price::kDollarMicros / kTickMicros) ||
      centis > static_cast<std::uint64_t>(book::Book::kQuantityMax.centis()) ||
      past.book.Set(kind == kBidDelta ? BookSide::kBid : BookSide::kAsk,
                    Price::FromMicros(static_cast<std::int64_t>(ticks) * kTickMicros),
                    Quantity::FromCentis(static_cast<std::int64_t>(centis)),
                    event_time) != book::ApplyResult::kApplied) {
    reader.Fail();
  }
}

}  // namespace

// --- A block ------------------------------------------------------------------------------------

std::optional<PastBook> HistoryBlock::BookAt(Timestamp at) const {
  PastBook past;
  ByteReader start_reader(start);
  past.book.Decode(start_reader);
  past.sequence = start_reader.I64();
  past.doubt = start_reader.Enum(kDoubtLast);
  if (!start_reader.AtEnd()) return std::nullopt;
  past.time = first_time;
  ByteReader reader(changes);
  for (std::uint32_t i = 0; i < change_count; ++i) {
    const std::uint8_t kind = reader.U8();
    const auto time = Timestamp::FromNanos(Plus(past.time.nanos(), GetVarint(reader)));
    if (!reader.ok() || kind > kDoubt) return std::nullopt;
    if (time > at) break;
    past.time = time;
    if (kind == kDoubt) {
      past.doubt = reader.Enum(kDoubtLast);
    } else {
      GetDelta(reader, kind, past);
    }
    if (!reader.ok()) return std::nullopt;
  }
  return past;
}

void HistoryBlock::Encode(ByteWriter& writer) const {
  writer.Put(first_time);
  writer.Put(last_time);
  writer.U32(change_count);
  writer.Text(start);
  writer.Text(changes);
}

void HistoryBlock::Decode(ByteReader& reader) {
  reader.Get(first_time);
  reader.Get(last_time);
  change_count = reader.U32();
  start = std::string(reader.Text());
  changes = std::string(reader.Text());
}

// --- A market -----------------------------------------------------------------------------------

// A change on its way into a block: its kind and at most kNumberCountMax numbers.
class MarketHistory::ChangeWriter {
 public:
  static constexpr std::size_t kNumberCountMax = 5;
  static constexpr std::size_t kVarintBytesMax = 10;

  explicit ChangeWriter(std::uint8_t kind) { Byte(kind); }
  void Byte(std::uint8_t byte) { bytes_[size_++] = static_cast<char>(byte); }
  // Seven bits a byte, the lowest first; the highest bit says that more follow.
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<std::uint8_t>(value | 0x80));
    Byte(static_cast<std::uint8_t>(value));
  }
  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  char bytes_[1 + kNumberCountMax * kVarintBytesMax];
  std::size_t size_ = 0;
};

Timestamp MarketHistory::NotBefore(Timestamp time) const { return std::max(time, open_.last_time); }

void MarketHistory::Begin(Timestamp time) {
  time = NotBefore(time);
  // Of two blocks of one instant the later one is the truth.
  if (open_.first_time && open_.first_time < time) closed_.push_back({std::move(open_), time});
  open_ = HistoryBlock();
  open_.first_time = open_.last_time = time;
  sequence_ = fold_.book_sequence();
  ByteWriter writer(open_.start);
  fold_.book().Encode(writer);
  writer.I64(sequence_);
  writer.U8(static_cast<std::uint8_t>(doubt_));
}

void MarketHistory::AddChange(const ChangeWriter& change, Timestamp time) {
  open_.changes.append(change.bytes());
  open_.last_time = time;
  ++open_.change_count;
}

void MarketHistory::OnDelta(const BookUpdate& update, Timestamp time) {
  if (open_.change_count >= HistoryBlock::kChangeCountMax) return Begin(time);
  time = NotBefore(time);
  ChangeWriter change(update.side == BookSide::kBid ? kBidDelta : kAskDelta);
  change.Varint(Minus(time, open_.last_time));
  change.Varint(ZigZag(static_cast<std::int64_t>(Minus(update.event_time, time))));
  change.Varint(static_cast<std::uint64_t>(update.sequence - sequence_));
  change.Varint(static_cast<std::uint64_t>(update.price.micros() / kTickMicros));
  change.Varint(static_cast<std::uint64_t>(update.quantity.centis()));
  AddChange(change, time);
  sequence_ = update.sequence;
}

void MarketHistory::OnReset(Timestamp time) {
  doubt_ = Doubt::kNone;
  Begin(time);
}

void MarketHistory::OnDoubt(Doubt doubt, Timestamp time) {
  if (!open_.first_time) return;
  doubt_ = doubt;
  time = NotBefore(time);
  ChangeWriter change(kDoubt);
  change.Varint(Minus(time, open_.last_time));
  change.Byte(static_cast<std::uint8_t>(doubt));
  AddChange(change, time);
}

void MarketHistory::Encode(ByteWriter& writer) const {
  open_.Encode(writer);
  writer.I64(sequence_);
  writer.U8(static_cast<std::uint8_t>(doubt_));
}

void MarketHistory::Decode(ByteReader& reader) {
  open_.Decode(reader);
  sequence_ = reader.I64();
  doubt_ = reader.Enum(kDoubtLast);
}

}  // namespace evx::order_book_rebuilder
