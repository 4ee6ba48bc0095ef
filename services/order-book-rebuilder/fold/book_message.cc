#include "fold/book_message.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = marketdata::v1;

constexpr std::int64_t kQuantityMax = book::Book::kQuantityMax.centis();
constexpr std::size_t kShownBytesMax = 32;

absl::Status Bad(const char* field, std::int64_t value, const std::string& limit) {
  return InvalidArgument(absl::StrFormat("%s is %d, it must be %s", field, value, limit));
}

std::string Shown(std::string_view text) { return std::string(text.substr(0, kShownBytesMax)); }

bool IsLevelPrice(std::int64_t micros) {
  return Price::IsValid(micros) && micros > 0 && micros < Price::kDollarMicros;
}

absl::Status CheckPrice(const char* field, std::int64_t micros) {
  if (IsLevelPrice(micros)) return absl::OkStatus();
  return Bad(field, micros, "a multiple of 100 from 100 to 999900");
}

bool IsTickerCharacter(char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; }

std::optional<BookSide> ToSide(common::v1::BookSide side) {
  if (side == common::v1::BOOK_SIDE_BID) return BookSide::kBid;
  if (side == common::v1::BOOK_SIDE_ASK) return BookSide::kAsk;
  return std::nullopt;
}

absl::Status ReadLevels(BookSide side,
                        const google::protobuf::RepeatedPtrField<common::v1::PriceLevel>& levels,
                        std::vector<book::Level>& out) {
  const bool is_bid = side == BookSide::kBid;
  if (static_cast<std::size_t>(levels.size()) > kLevelCountMax) {
    return Bad(is_bid ? "number of snapshot.bids" : "number of snapshot.asks", levels.size(),
               absl::StrFormat("at most %d", kLevelCountMax));
  }
  for (const common::v1::PriceLevel& level : levels) {
    EVX_RETURN_IF_ERROR(
        CheckPrice(is_bid ? "snapshot.bids.price_micros" : "snapshot.asks.price_micros",
                   level.price_micros()));
    if (level.quantity_centis() <= 0 || level.quantity_centis() > kQuantityMax) {
      return Bad(is_bid ? "snapshot.bids.quantity_centis" : "snapshot.asks.quantity_centis",
                 level.quantity_centis(), absl::StrFormat("1 to %d", kQuantityMax));
    }
    const Price price = Price::FromMicros(level.price_micros());
    if (!out.empty() && (is_bid ? price >= out.back().price : price <= out.back().price)) {
      return Bad(is_bid ? "snapshot.bids.price_micros" : "snapshot.asks.price_micros",
                 level.price_micros(),
                 absl::StrFormat("%s %d, that of the level before", is_bid ? "below" : "above",
                                 out.back().price.micros()));
    }
    out.push_back({price, Quantity::FromCentis(level.quantity_centis())});
  }
  return absl::OkStatus();
}

}  // namespace

bool IsTicker(std::string_view text) {
  return !text.empty() && text.size() <= kTickerSizeMax &&
         std::all_of(text.begin(), text.end(), IsTickerCharacter);
}

BookMessageReader::BookMessageReader() : message_(std::make_unique<pb::BookMessage>()) {
  // Faults are told by status; the library would write each to standard error as well.
  google::protobuf::SetLogHandler(nullptr);
}
BookMessageReader::~BookMessageReader() = default;

std::string_view BookMessageReader::ticker() const { return message_->market_ticker(); }
std::string_view BookMessageReader::trace_id() const { return message_->envelope().trace_id(); }

absl::Status BookMessageReader::Read(std::string_view key, std::string_view payload) {
  update_.kind = BookUpdateKind::kUnreadable;
  update_.sequence = 0;
  update_.bids.clear();
  update_.asks.clear();
  if (payload.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !message_->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    message_->Clear();
    return InvalidArgument(
        absl::StrFormat("payload of %d bytes is no evx.marketdata.v1.BookMessage", payload.size()));
  }
  EVX_RETURN_IF_ERROR(ReadEnvelope(key));
  const absl::Status status = ReadUpdate();
  if (!status.ok()) update_.kind = BookUpdateKind::kUnreadable;
  return status;
}

absl::Status BookMessageReader::ReadEnvelope(std::string_view key) {
  const pb::Envelope& envelope = message_->envelope();
  const std::string& ticker = message_->market_ticker();
  if (envelope.schema_version() != kSchemaVersion) {
    return Bad("envelope.schema_version", envelope.schema_version(),
               absl::StrFormat("%d", kSchemaVersion));
  }
  if (!envelope.replay_id().empty()) {
    return InvalidArgument(
        absl::StrFormat("envelope.replay_id is '%s', it must be empty in a topic of the live plane",
                        Shown(envelope.replay_id())));
  }
  if (!IsTicker(ticker)) {
    return InvalidArgument(absl::StrFormat(
        "market_ticker is '%s', it must be 1 to %d visible ASCII characters without quotes and "
        "backslashes",
        Shown(ticker), kTickerSizeMax));
  }
  if (ticker != key) {
    return InvalidArgument(absl::StrFormat(
        "market_ticker is '%s', it must be the message's key '%s'", ticker, Shown(key)));
  }
  if (envelope.sequence() < 1) return Bad("envelope.sequence", envelope.sequence(), "above 0");
  const std::int64_t nanos =
      envelope.received_ns() > 0 ? envelope.received_ns() : envelope.published_ns();
  if (nanos <= 0) return Bad("envelope.published_ns", nanos, "above 0");
  update_.time = update_.event_time = Timestamp::FromNanos(nanos);
  update_.sequence = envelope.sequence();
  return absl::OkStatus();
}

absl::Status BookMessageReader::ReadUpdate() {
  switch (message_->update_case()) {
    case pb::BookMessage::kDelta:
      return ReadDelta();
    case pb::BookMessage::kSnapshot:
      return ReadSnapshot();
    case pb::BookMessage::kGap:
      if (message_->gap().cause() == pb::GAP_CAUSE_UNSPECIFIED ||
          !pb::GapCause_IsValid(message_->gap().cause())) {
        return Bad("gap.cause", message_->gap().cause(), "one of GapCause");
      }
      update_.kind = BookUpdateKind::kGap;
      return absl::OkStatus();
    case pb::BookMessage::UPDATE_NOT_SET:
      break;
  }
  return InvalidArgument("update is absent, it must be delta, snapshot or gap");
}

absl::Status BookMessageReader::ReadDelta() {
  const pb::BookDelta& delta = message_->delta();
  const std::optional<BookSide> side = ToSide(delta.side());
  if (!side) return Bad("delta.side", delta.side(), "1 (bid) or 2 (ask)");
  EVX_RETURN_IF_ERROR(CheckPrice("delta.price_micros", delta.price_micros()));
  if (delta.quantity_centis() < 0 || delta.quantity_centis() > kQuantityMax) {
    return Bad("delta.quantity_centis", delta.quantity_centis(),
               absl::StrFormat("0 to %d", kQuantityMax));
  }
  if (delta.delta_centis() == 0 || delta.delta_centis() > kQuantityMax ||
      delta.delta_centis() < -kQuantityMax) {
    return Bad("delta.delta_centis", delta.delta_centis(),
               absl::StrFormat("-%d to %d and not 0", kQuantityMax, kQuantityMax));
  }
  update_.side = *side;
  update_.price = Price::FromMicros(delta.price_micros());
  update_.change = Quantity::FromCentis(delta.delta_centis());
  update_.quantity = Quantity::FromCentis(delta.quantity_centis());
  if (delta.event_time_ns() > 0) update_.event_time = Timestamp::FromNanos(delta.event_time_ns());
  update_.kind = BookUpdateKind::kDelta;
  return absl::OkStatus();
}

absl::Status BookMessageReader::ReadSnapshot() {
  const pb::BookSnapshot& snapshot = message_->snapshot();
  const bool is_periodic = snapshot.cause() == pb::SNAPSHOT_CAUSE_PERIODIC;
  if (!is_periodic && snapshot.cause() != pb::SNAPSHOT_CAUSE_VENUE) {
    return Bad("snapshot.cause", snapshot.cause(), "1 (periodic) or 2 (venue)");
  }
  EVX_RETURN_IF_ERROR(ReadLevels(BookSide::kBid, snapshot.bids(), update_.bids));
  EVX_RETURN_IF_ERROR(ReadLevels(BookSide::kAsk, snapshot.asks(), update_.asks));
  const std::uint64_t hash = book::HashLevels(ticker(), update_.bids, update_.asks);
  if (hash != snapshot.book_hash()) {
    return InvalidArgument(
        absl::StrFormat("snapshot.book_hash is %016x, it must be %016x, the hash of the levels",
                        snapshot.book_hash(), hash));
  }
  update_.book_hash = hash;
  update_.kind = is_periodic ? BookUpdateKind::kPeriodicSnapshot : BookUpdateKind::kVenueSnapshot;
  return absl::OkStatus();
}

}  // namespace evx::order_book_rebuilder
