#include "live/book_messages.h"

#include "evx/rpc/wire_time.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = rebuild::v1;

pb::LevelChange ToWire(LevelChangeKind kind) {
  switch (kind) {
    case LevelChangeKind::kAdded:
      return pb::LEVEL_CHANGE_ADDED;
    case LevelChangeKind::kIncreased:
      return pb::LEVEL_CHANGE_INCREASED;
    case LevelChangeKind::kDecreased:
      return pb::LEVEL_CHANGE_DECREASED;
  }
  return pb::LEVEL_CHANGE_UNSPECIFIED;
}

pb::BookDoubt ToWire(Doubt doubt) {
  switch (doubt) {
    case Doubt::kNone:
      return pb::BOOK_DOUBT_NONE;
    case Doubt::kWaiting:
      return pb::BOOK_DOUBT_WAITING;
    case Doubt::kHole:
      return pb::BOOK_DOUBT_HOLE;
    case Doubt::kGap:
      return pb::BOOK_DOUBT_GAP;
    case Doubt::kInconsistent:
      return pb::BOOK_DOUBT_INCONSISTENT;
    case Doubt::kUnreadable:
      return pb::BOOK_DOUBT_UNREADABLE;
    case Doubt::kNoSnapshot:  // There is no book then.
      break;
  }
  return pb::BOOK_DOUBT_UNSPECIFIED;
}

void Fill(const LevelView& level, pb::BookLevel& out) {
  out.set_price_micros(level.price.micros());
  out.set_quantity_centis(level.quantity.centis());
  out.set_change(ToWire(level.last_change.kind));
  rpc::SetTime(level.last_change.time, *out.mutable_change_time());
}

}  // namespace

void Fill(const BookView& view, pb::Book& out) {
  out.set_market_ticker(view.ticker);
  out.set_sequence(view.sequence);
  out.set_last_sequence(view.last_sequence);
  rpc::SetTime(view.time, *out.mutable_receive_time());
  out.set_doubt(ToWire(view.doubt));
  out.set_is_crossed(view.is_crossed);
  out.set_book_hash(view.book_hash);
  for (const LevelView& level : view.bids) Fill(level, *out.add_bids());
  for (const LevelView& level : view.asks) Fill(level, *out.add_asks());
}

void FillTop(const BookView& view, pb::TopOfBook& out) {
  out.set_market_ticker(view.ticker);
  out.set_sequence(view.sequence);
  rpc::SetTime(view.time, *out.mutable_receive_time());
  out.set_doubt(ToWire(view.doubt));
  out.set_is_crossed(view.is_crossed);
  if (!view.bids.empty()) Fill(view.bids.front(), *out.mutable_bid());
  if (!view.asks.empty()) Fill(view.asks.front(), *out.mutable_ask());
}

void Fill(const BookChange& change, pb::BookChange& out) {
  out.set_market_ticker(change.ticker);
  out.set_sequence(change.sequence);
  rpc::SetTime(change.time, *out.mutable_receive_time());
  rpc::SetTime(change.event_time, *out.mutable_event_time());
  out.set_side(change.side == BookSide::kBid ? common::v1::BOOK_SIDE_BID
                                             : common::v1::BOOK_SIDE_ASK);
  out.set_price_micros(change.price.micros());
  out.set_delta_centis(change.change.centis());
  out.set_quantity_centis(change.quantity.centis());
}

pb::MissingReason ToWire(BookPresence presence) {
  switch (presence) {
    case BookPresence::kInTransit:
      return pb::MISSING_REASON_IN_TRANSIT;
    case BookPresence::kUnknown:
      return pb::MISSING_REASON_NOT_FOUND;
    case BookPresence::kNoSnapshot:
      return pb::MISSING_REASON_NO_SNAPSHOT;
    case BookPresence::kBook:
      break;
  }
  return pb::MISSING_REASON_UNSPECIFIED;
}

}  // namespace evx::order_book_rebuilder
