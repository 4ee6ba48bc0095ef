#include "stream/book_fold.h"

#include <limits>

#include "evx/core/check.h"

namespace evx::gateway {
namespace {

namespace common = evx::common::v1;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

common::BookSide ToWire(BookSide side) {
  return side == BookSide::kBid ? common::BOOK_SIDE_BID : common::BOOK_SIDE_ASK;
}

BookSide FromWire(common::BookSide side) {
  return side == common::BOOK_SIDE_BID ? BookSide::kBid : BookSide::kAsk;
}

std::vector<book::Level> FromWire(
    const google::protobuf::RepeatedPtrField<common::PriceLevel>& levels) {
  std::vector<book::Level> result;
  result.reserve(static_cast<std::size_t>(levels.size()));
  for (const common::PriceLevel& level : levels) {
    result.push_back(
        {Price::FromMicros(level.price_micros()), Quantity::FromCentis(level.quantity_centis())});
  }
  return result;
}

std::vector<book::Level> LevelsOf(const book::Book& book, BookSide side) {
  std::vector<book::Level> levels;
  book.AppendLevels(side, kAll, levels);
  return levels;
}

}  // namespace

void BookFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_book());
  replay_id_ = state.book().replay_id();
  health_ = state.book().health();
  Replace(FromWire(state.book().bids()), FromWire(state.book().asks()));
}

void BookFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_book_update());
  const v1::BookUpdate& update = change.book_update();
  is_new_ = true;
  if (update.has_health()) health_ = update.health();
  if (!update.is_whole()) {
    for (const v1::BookLevel& level : update.levels()) SetLevel(level);
    return;
  }
  std::vector<book::Level> bids;
  std::vector<book::Level> asks;
  for (const v1::BookLevel& level : update.levels()) {
    (FromWire(level.side()) == BookSide::kBid ? bids : asks)
        .push_back({Price::FromMicros(level.price_micros()),
                    Quantity::FromCentis(level.quantity_centis())});
  }
  Replace(bids, asks);
}

void BookFold::SetLevel(const v1::BookLevel& level) {
  const Place place{FromWire(level.side()), Price::FromMicros(level.price_micros())};
  const auto result =
      book_.Set(place.first, place.second, Quantity::FromCentis(level.quantity_centis()));
  if (result == book::ApplyResult::kApplied) changed_.insert(place);
}

void BookFold::Replace(const std::vector<book::Level>& bids, const std::vector<book::Level>& asks) {
  const book::Book old = book_;
  if (!book_.Reset(bids, asks).ok()) return;
  is_new_ = true;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for (const book::Level& level : LevelsOf(old, side)) {
      if (book_.QuantityAt(side, level.price) != level.quantity) {
        changed_.insert({side, level.price});
      }
    }
    for (const book::Level& level : LevelsOf(book_, side)) {
      if (old.QuantityAt(side, level.price) != level.quantity) changed_.insert({side, level.price});
    }
  }
}

void BookFold::TakeNews(v1::ServerMessage& message) {
  v1::BookUpdate& update = *message.mutable_book_update();
  *update.mutable_health() = health_;
  const auto add = [&update](BookSide side, Price price, Quantity quantity) {
    v1::BookLevel& level = *update.add_levels();
    level.set_side(ToWire(side));
    level.set_price_micros(price.micros());
    level.set_quantity_centis(quantity.centis());
  };
  const std::size_t level_count =
      book_.level_count(BookSide::kBid) + book_.level_count(BookSide::kAsk);
  if (changed_.size() > level_count) {
    update.set_is_whole(true);
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      for (const book::Level& level : LevelsOf(book_, side)) add(side, level.price, level.quantity);
    }
  } else {
    for (const auto& [side, price] : changed_) add(side, price, book_.QuantityAt(side, price));
  }
  DropNews();
}

void BookFold::DropNews() {
  is_new_ = false;
  changed_.clear();
}

void BookFold::State(v1::InitialState& state) const {
  v1::Book& book = *state.mutable_book();
  book.set_market_ticker(ticker_);
  book.set_replay_id(replay_id_);
  *book.mutable_health() = health_;
  if (health_.state() == v1::BOOK_STATE_UNSPECIFIED) {
    book.mutable_health()->set_state(v1::BOOK_STATE_WAITING);
  }
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for (const book::Level& level : LevelsOf(book_, side)) {
      common::PriceLevel& added = side == BookSide::kBid ? *book.add_bids() : *book.add_asks();
      added.set_price_micros(level.price.micros());
      added.set_quantity_centis(level.quantity.centis());
    }
  }
}

}  // namespace evx::gateway
