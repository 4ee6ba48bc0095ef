#include "fold/book_message.h"

#include <limits>
#include <optional>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = marketdata::v1;
using market_data::WireLevel;
using market_data::WireUpdateKind;

constexpr std::int64_t kQuantityMax = book::Book::kQuantityMax.centis();
constexpr std::size_t kShownBytesMax = 32;

absl::Status Bad(const char* field, std::int64_t value, const std::string& limit) {
  return InvalidArgument(absl::StrFormat("%s is %d, it must be %s", field, value, limit));
}

std::string Shown(std::string_view text) { return std::string(text.substr(0, kShownBytesMax)); }

bool IsLevelPrice(std::int64_t micros) {
  return Price::IsValid(micros) && micros > 0 && micros < Price::kDollarMicros;
}

absl::Status BadPrice(const char* field, std::int64_t micros) {
  return Bad(field, micros, "a multiple of 100 from 100 to 999900");
}

std::optional<BookSide> ToSide(std::int32_t side) {
  if (side == common::v1::BOOK_SIDE_BID) return BookSide::kBid;
  if (side == common::v1::BOOK_SIDE_ASK) return BookSide::kAsk;
  return std::nullopt;
}

absl::Status ReadLevels(BookSide side, const std::vector<WireLevel>& levels,
                        std::vector<book::Level>& out) {
  const bool is_bid = side == BookSide::kBid;
  if (levels.size() > kLevelCountMax) {
    return Bad(is_bid ? "number of snapshot.bids" : "number of snapshot.asks",
               static_cast<std::int64_t>(levels.size()),
               absl::StrFormat("at most %d", kLevelCountMax));
  }
  out.reserve(levels.size());
  for (const WireLevel& level : levels) {
    if (!IsLevelPrice(level.price_micros)) {
      return BadPrice(is_bid ? "snapshot.bids.price_micros" : "snapshot.asks.price_micros",
                      level.price_micros);
    }
    if (level.quantity_centis <= 0 || level.quantity_centis > kQuantityMax) {
      return Bad(is_bid ? "snapshot.bids.quantity_centis" : "snapshot.asks.quantity_centis",
                 level.quantity_centis, absl::StrFormat("1 to %d", kQuantityMax));
    }
    const Price price = Price::FromMicros(level.price_micros);
    if (!out.empty() && (is_bid ? price >= out.back().price : price <= out.back().price)) {
      return Bad(is_bid ? "snapshot.bids.price_micros" : "snapshot.asks.price_micros",
                 level.price_micros,
                 absl::StrFormat("%s %d, that of the level before", is_bid ? "below" : "above",
                                 out.back().price.micros()));
    }
    out.push_back({price, Quantity::FromCentis(level.quantity_centis)});
  }
  return absl::OkStatus();
}

}  // namespace

bool IsTicker(std::string_view text) {
  // Without branches, so that the compiler looks at many characters at once.
  bool is_bad = text.empty() || text.size() > kTickerSizeMax;
  for (const char c : text) is_bad |= (c <= ' ') | (c >= '\x7f') | (c == '"') | (c == '\\');
  return !is_bad;
}

BookMessageReader::BookMessageReader(bool accepts_replay)
    : accepts_replay_(accepts_replay), parsed_(std::make_unique<pb::BookMessage>()) {
  // Faults are told by status; the library would write each to standard error as well.
  google::protobuf::SetLogHandler(nullptr);
}
BookMessageReader::~BookMessageReader() = default;

absl::Status BookMessageReader::Read(std::string_view key, std::string_view payload) {
  update_.kind = BookUpdateKind::kUnreadable;
  update_.sequence = 0;
  update_.bids.clear();
  update_.asks.clear();
  if (!market_data::ReadWire(payload, *parsed_, wire_)) {
    return InvalidArgument(
        absl::StrFormat("payload of %d bytes is no evx.marketdata.v1.BookMessage", payload.size()));
  }
  EVX_RETURN_IF_ERROR(ReadEnvelope(key));
  absl::Status status = ReadUpdate();
  if (!status.ok()) update_.kind = BookUpdateKind::kUnreadable;
  return status;
}

absl::Status BookMessageReader::ReadEnvelope(std::string_view key) {
  if (wire_.schema_version != kSchemaVersion) {
    return Bad("envelope.schema_version", wire_.schema_version,
               absl::StrFormat("%d", kSchemaVersion));
  }
  if (!wire_.replay_id.empty() && !accepts_replay_) {
    return InvalidArgument(
        absl::StrFormat("envelope.replay_id is '%s', it must be empty in a topic of the live plane",
                        Shown(wire_.replay_id)));
  }
  if (!IsTicker(wire_.market_ticker)) {
    return InvalidArgument(absl::StrFormat(
        "market_ticker is '%s', it must be 1 to %d visible ASCII characters without quotes and "
        "backslashes",
        Shown(wire_.market_ticker), kTickerSizeMax));
  }
  if (wire_.market_ticker != key) {
    return InvalidArgument(
        absl::StrFormat("market_ticker is '%s', it must be the message's key '%s'",
                        std::string(wire_.market_ticker), Shown(key)));
  }
  if (wire_.sequence < 1) return Bad("envelope.sequence", wire_.sequence, "above 0");
  const std::int64_t nanos = wire_.received_ns > 0 ? wire_.received_ns : wire_.published_ns;
  if (nanos <= 0) return Bad("envelope.published_ns", nanos, "above 0");
  update_.time = update_.event_time = Timestamp::FromNanos(nanos);
  update_.sequence = wire_.sequence;
  return absl::OkStatus();
}

absl::Status BookMessageReader::ReadUpdate() {
  switch (wire_.update) {
    case WireUpdateKind::kDelta:
      return ReadDelta();
    case WireUpdateKind::kSnapshot:
      return ReadSnapshot();
    case WireUpdateKind::kGap:
      if (wire_.cause == pb::GAP_CAUSE_UNSPECIFIED || !pb::GapCause_IsValid(wire_.cause)) {
        return Bad("gap.cause", wire_.cause, "one of GapCause");
      }
      update_.kind = BookUpdateKind::kGap;
      return absl::OkStatus();
    case WireUpdateKind::kNone:
      break;
  }
  return InvalidArgument("update is absent, it must be delta, snapshot or gap");
}

absl::Status BookMessageReader::ReadDelta() {
  const std::optional<BookSide> side = ToSide(wire_.side);
  if (!side) return Bad("delta.side", wire_.side, "1 (bid) or 2 (ask)");
  if (!IsLevelPrice(wire_.price_micros)) return BadPrice("delta.price_micros", wire_.price_micros);
  if (wire_.quantity_centis < 0 || wire_.quantity_centis > kQuantityMax) {
    return Bad("delta.quantity_centis", wire_.quantity_centis,
               absl::StrFormat("0 to %d", kQuantityMax));
  }
  if (wire_.delta_centis == 0 || wire_.delta_centis > kQuantityMax ||
      wire_.delta_centis < -kQuantityMax) {
    return Bad("delta.delta_centis", wire_.delta_centis,
               absl::StrFormat("-%d to %d and not 0", kQuantityMax, kQuantityMax));
  }
  update_.side = *side;
  update_.price = Price::FromMicros(wire_.price_micros);
  update_.change = Quantity::FromCentis(wire_.delta_centis);
  update_.quantity = Quantity::FromCentis(wire_.quantity_centis);
  if (wire_.event_time_ns > 0) update_.event_time = Timestamp::FromNanos(wire_.event_time_ns);
  update_.kind = BookUpdateKind::kDelta;
  return absl::OkStatus();
}

absl::Status BookMessageReader::ReadSnapshot() {
  const bool is_periodic = wire_.cause == pb::SNAPSHOT_CAUSE_PERIODIC;
  if (!is_periodic && wire_.cause != pb::SNAPSHOT_CAUSE_VENUE) {
    return Bad("snapshot.cause", wire_.cause, "1 (periodic) or 2 (venue)");
  }
  EVX_RETURN_IF_ERROR(ReadLevels(BookSide::kBid, wire_.bids, update_.bids));
  EVX_RETURN_IF_ERROR(ReadLevels(BookSide::kAsk, wire_.asks, update_.asks));
  const std::uint64_t hash = book::HashLevels(ticker(), update_.bids, update_.asks);
  if (hash != wire_.book_hash) {
    return InvalidArgument(
        absl::StrFormat("snapshot.book_hash is %016x, it must be %016x, the hash of the levels",
                        wire_.book_hash, hash));
  }
  update_.book_hash = hash;
  update_.kind = is_periodic ? BookUpdateKind::kPeriodicSnapshot : BookUpdateKind::kVenueSnapshot;
  return absl::OkStatus();
}

}  // namespace evx::order_book_rebuilder
