#include "evx/market_data/wire_message.h"

#include <cstring>
#include <limits>
#include <utility>

#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

enum WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2 };

// Of a field up to number 15: one byte.
constexpr std::uint8_t Tag(int field_number, WireType type) {
  return static_cast<std::uint8_t>(field_number << 3 | type);
}

// Goes through the bytes of one message. A read that fails gives false and leaves the place open.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes)
      : at_(reinterpret_cast<const std::uint8_t*>(bytes.data())), end_(at_ + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  // Not at the end.
  std::uint8_t Byte() { return *at_++; }

  bool Varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint64_t byte = *at_++;
      value |= (byte & 0x7f) << shift;
      // The tenth byte has room for one bit.
      if (byte < 0x80) return shift < 63 || byte <= 1;
    }
    return false;
  }
  bool Int(std::int64_t& value) {
    std::uint64_t bits = 0;
    if (!Varint(bits)) return false;
    value = static_cast<std::int64_t>(bits);
    return true;
  }
  // Also an enum. False for what would have to be cut to 32 bits.
  bool Int(std::int32_t& value) {
    std::uint64_t bits = 0;
    if (!Varint(bits) || bits > std::numeric_limits<std::int32_t>::max()) return false;
    value = static_cast<std::int32_t>(bits);
    return true;
  }
  bool Fixed(std::uint64_t& value) {
    if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof(value))) return false;
    std::memcpy(&value, at_, sizeof(value));
    at_ += sizeof(value);
    return true;
  }
  bool Bytes(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (!Varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return false;
    bytes = {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }
  bool Text(std::string_view& text) {
    if (!Bytes(text)) return false;
    std::uint8_t all = 0;
    for (const char c : text) all |= static_cast<std::uint8_t>(c);
    return all < 0x80;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* const end_;
};

bool ReadEnvelope(std::string_view bytes, WireMessage& message) {
  std::int64_t unused_number = 0;
  std::string_view unused_text;
  Cursor in(bytes);
  while (!in.at_end()) {
    bool is_read = false;
    switch (in.Byte()) {
      case Tag(pb::Envelope::kSourceFieldNumber, kLength):
        is_read = in.Text(unused_text);
        break;
      case Tag(pb::Envelope::kSchemaVersionFieldNumber, kVarint):
        is_read = in.Int(message.schema_version);
        break;
      case Tag(pb::Envelope::kSequenceFieldNumber, kVarint):
        is_read = in.Int(message.sequence);
        break;
      case Tag(pb::Envelope::kSourceSubscriptionFieldNumber, kVarint):
      case Tag(pb::Envelope::kSourceSequenceFieldNumber, kVarint):
        is_read = in.Int(unused_number);
        break;
      case Tag(pb::Envelope::kReceivedNsFieldNumber, kVarint):
        is_read = in.Int(message.received_ns);
        break;
      case Tag(pb::Envelope::kPublishedNsFieldNumber, kVarint):
        is_read = in.Int(message.published_ns);
        break;
      case Tag(pb::Envelope::kTraceIdFieldNumber, kLength):
        is_read = in.Text(message.trace_id);
        break;
      case Tag(pb::Envelope::kReplayIdFieldNumber, kLength):
        is_read = in.Text(message.replay_id);
        break;
      default:
        break;
    }
    if (!is_read) return false;
  }
  return true;
}

bool ReadDelta(std::string_view bytes, WireMessage& message) {
  Cursor in(bytes);
  while (!in.at_end()) {
    bool is_read = false;
    switch (in.Byte()) {
      case Tag(pb::BookDelta::kSideFieldNumber, kVarint):
        is_read = in.Int(message.side);
        break;
      case Tag(pb::BookDelta::kPriceMicrosFieldNumber, kVarint):
        is_read = in.Int(message.price_micros);
        break;
      case Tag(pb::BookDelta::kDeltaCentisFieldNumber, kVarint):
        is_read = in.Int(message.delta_centis);
        break;
      case Tag(pb::BookDelta::kQuantityCentisFieldNumber, kVarint):
        is_read = in.Int(message.quantity_centis);
        break;
      case Tag(pb::BookDelta::kEventTimeNsFieldNumber, kVarint):
        is_read = in.Int(message.event_time_ns);
        break;
      default:
        break;
    }
    if (!is_read) return false;
  }
  return true;
}

bool ReadLevel(Cursor& in, std::vector<WireLevel>& levels) {
  std::string_view bytes;
  if (!in.Bytes(bytes)) return false;
  WireLevel& level = levels.emplace_back();
  Cursor fields(bytes);
  while (!fields.at_end()) {
    bool is_read = false;
    switch (fields.Byte()) {
      case Tag(common::v1::PriceLevel::kPriceMicrosFieldNumber, kVarint):
        is_read = fields.Int(level.price_micros);
        break;
      case Tag(common::v1::PriceLevel::kQuantityCentisFieldNumber, kVarint):
        is_read = fields.Int(level.quantity_centis);
        break;
      default:
        break;
    }
    if (!is_read) return false;
  }
  return true;
}

bool ReadSnapshot(std::string_view bytes, WireMessage& message) {
  Cursor in(bytes);
  while (!in.at_end()) {
    bool is_read = false;
    switch (in.Byte()) {
      case Tag(pb::BookSnapshot::kCauseFieldNumber, kVarint):
        is_read = in.Int(message.cause);
        break;
      case Tag(pb::BookSnapshot::kBidsFieldNumber, kLength):
        is_read = ReadLevel(in, message.bids);
        break;
      case Tag(pb::BookSnapshot::kAsksFieldNumber, kLength):
        is_read = ReadLevel(in, message.asks);
        break;
      case Tag(pb::BookSnapshot::kBookHashFieldNumber, kFixed64):
        is_read = in.Fixed(message.book_hash);
        break;
      default:
        break;
    }
    if (!is_read) return false;
  }
  return true;
}

void ReadParsedLevels(const google::protobuf::RepeatedPtrField<common::v1::PriceLevel>& levels,
                      std::vector<WireLevel>& out) {
  for (const common::v1::PriceLevel& level : levels) {
    out.push_back({level.price_micros(), level.quantity_centis()});
  }
}

}  // namespace

void WireMessage::Clear() {
  WireMessage cleared;
  cleared.bids.swap(bids);
  cleared.asks.swap(asks);
  cleared.bids.clear();
  cleared.asks.clear();
  *this = std::move(cleared);
}

bool ReadPlain(std::string_view payload, WireMessage& message) {
  message.Clear();
  bool has_envelope = false;
  std::string_view submessage;
  Cursor in(payload);
  while (!in.at_end()) {
    bool is_read = false;
    switch (in.Byte()) {
      case Tag(pb::BookMessage::kEnvelopeFieldNumber, kLength):
        is_read = !has_envelope && in.Bytes(submessage) && ReadEnvelope(submessage, message);
        has_envelope = true;
        break;
      case Tag(pb::BookMessage::kMarketTickerFieldNumber, kLength):
        is_read = in.Text(message.market_ticker);
        break;
      case Tag(pb::BookMessage::kDeltaFieldNumber, kLength):
        is_read = message.update == WireUpdateKind::kNone && in.Bytes(submessage) &&
                  ReadDelta(submessage, message);
        message.update = WireUpdateKind::kDelta;
        break;
      case Tag(pb::BookMessage::kSnapshotFieldNumber, kLength):
        is_read = message.update == WireUpdateKind::kNone && in.Bytes(submessage) &&
                  ReadSnapshot(submessage, message);
        message.update = WireUpdateKind::kSnapshot;
        break;
      default:  // Also a gap, which is rare.
        break;
    }
    if (!is_read) return false;
  }
  return true;
}

void ReadParsed(const pb::BookMessage& parsed, WireMessage& message) {
  message.Clear();
  const pb::Envelope& envelope = parsed.envelope();
  message.schema_version = envelope.schema_version();
  message.sequence = envelope.sequence();
  message.received_ns = envelope.received_ns();
  message.published_ns = envelope.published_ns();
  message.trace_id = envelope.trace_id();
  message.replay_id = envelope.replay_id();
  message.market_ticker = parsed.market_ticker();
  switch (parsed.update_case()) {
    case pb::BookMessage::kDelta:
      message.update = WireUpdateKind::kDelta;
      message.side = parsed.delta().side();
      message.price_micros = parsed.delta().price_micros();
      message.delta_centis = parsed.delta().delta_centis();
      message.quantity_centis = parsed.delta().quantity_centis();
      message.event_time_ns = parsed.delta().event_time_ns();
      break;
    case pb::BookMessage::kSnapshot:
      message.update = WireUpdateKind::kSnapshot;
      message.cause = parsed.snapshot().cause();
      ReadParsedLevels(parsed.snapshot().bids(), message.bids);
      ReadParsedLevels(parsed.snapshot().asks(), message.asks);
      message.book_hash = parsed.snapshot().book_hash();
      break;
    case pb::BookMessage::kGap:
      message.update = WireUpdateKind::kGap;
      message.cause = parsed.gap().cause();
      break;
    case pb::BookMessage::UPDATE_NOT_SET:
      break;
  }
}

bool ReadWire(std::string_view payload, pb::BookMessage& parsed, WireMessage& message) {
  if (ReadPlain(payload, message)) return true;
  message.Clear();
  if (payload.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !parsed.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return false;
  }
  ReadParsed(parsed, message);
  return true;
}

}  // namespace evx::market_data
