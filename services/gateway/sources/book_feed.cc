#include "sources/book_feed.h"

#include <utility>

#include "stream/stream_name.h"

namespace evx::gateway {
namespace {

namespace md = marketdata::v1;

void AddLevel(v1::BookUpdate& update, common::v1::BookSide side, std::int64_t price,
              std::int64_t quantity) {
  v1::BookLevel& level = *update.add_levels();
  level.set_side(side);
  level.set_price_micros(price);
  level.set_quantity_centis(quantity);
}

// Of md::BookSnapshot and rebuild::v1::Book.
template <class Book>
v1::BookUpdate WholeOf(const Book& book) {
  v1::BookUpdate update;
  update.set_is_whole(true);
  for (const auto& level : book.bids()) {
    AddLevel(update, common::v1::BOOK_SIDE_BID, level.price_micros(), level.quantity_centis());
  }
  for (const auto& level : book.asks()) {
    AddLevel(update, common::v1::BOOK_SIDE_ASK, level.price_micros(), level.quantity_centis());
  }
  return update;
}

}  // namespace

StreamNews BookFeed::NewsOf(const std::string& ticker, v1::BookUpdate update) const {
  v1::ServerMessage message;
  *message.mutable_book_update() = std::move(update);
  return {plane_ == Plane::kLive ? BookStream(ticker) : ReplayBookStream(ticker),
          std::move(message)};
}

bool BookFeed::IsLive(std::string_view ticker) const {
  const auto found = markets_.find(ticker);
  return found != markets_.end() && found->second.health.state() == v1::BOOK_STATE_LIVE;
}

void BookFeed::Apply(const md::BookMessage& message, std::vector<StreamNews>& news) {
  Market& market = markets_[message.market_ticker()];
  // Numbers mean something within one replay only.
  if (market.replay_id != message.envelope().replay_id()) {
    market = Market();
    market.replay_id = message.envelope().replay_id();
  }
  switch (message.update_case()) {
    case md::BookMessage::kDelta:
      return Delta(market, message, news);
    case md::BookMessage::kSnapshot:
      return Snapshot(market, message, news);
    case md::BookMessage::kGap:
      if (message.envelope().sequence() <= market.health.book_sequence()) return;
      market.health.set_book_sequence(message.envelope().sequence());
      market.held.clear();
      return LoseTrack(market, message.market_ticker(), news);
    case md::BookMessage::UPDATE_NOT_SET:
      return;
  }
}

void BookFeed::Delta(Market& market, const md::BookMessage& message,
                     std::vector<StreamNews>& news) {
  v1::BookHealth& health = market.health;
  const std::int64_t sequence = message.envelope().sequence();
  if (sequence <= health.book_sequence()) return;
  if (health.state() == v1::BOOK_STATE_LIVE && sequence != health.book_sequence() + 1) {
    LoseTrack(market, message.market_ticker(), news);
  }
  if (health.state() != v1::BOOK_STATE_LIVE) {
    market.held.push_back(message);
    if (market.held.size() > kHeldMax) market.held.pop_front();
    return;
  }
  const md::BookDelta& delta = message.delta();
  health.set_book_sequence(sequence);
  health.set_delta_count(health.delta_count() + 1);
  if (delta.event_time_ns() != 0) health.set_event_time_ns(delta.event_time_ns());
  v1::BookUpdate update;
  AddLevel(update, delta.side(), delta.price_micros(), delta.quantity_centis());
  *update.mutable_health() = health;
  news.push_back(NewsOf(message.market_ticker(), std::move(update)));
}

void BookFeed::Snapshot(Market& market, const md::BookMessage& message,
                        std::vector<StreamNews>& news) {
  v1::BookHealth& health = market.health;
  const std::int64_t sequence = message.envelope().sequence();
  if (sequence < health.book_sequence()) return;
  const bool was_live = health.state() == v1::BOOK_STATE_LIVE;
  // Between a periodic snapshot and the number before it there is nothing; the venue's has a number
  // of its own.
  if (was_live && sequence > health.book_sequence() + 1) {
    ++gap_count_;
    health.set_gap_count(health.gap_count() + 1);
  }
  market.held.clear();
  health.set_state(v1::BOOK_STATE_LIVE);
  health.set_book_sequence(sequence);
  health.set_snapshot_count(health.snapshot_count() + 1);
  v1::BookUpdate update = WholeOf(message.snapshot());
  *update.mutable_health() = health;
  news.push_back(NewsOf(message.market_ticker(), std::move(update)));
}

void BookFeed::LoseTrack(Market& market, const std::string& ticker, std::vector<StreamNews>& news) {
  ++gap_count_;
  market.health.set_gap_count(market.health.gap_count() + 1);
  market.health.set_state(market.health.snapshot_count() == 0 ? v1::BOOK_STATE_WAITING
                                                              : v1::BOOK_STATE_IN_DOUBT);
  v1::BookUpdate update;
  *update.mutable_health() = market.health;
  news.push_back(NewsOf(ticker, std::move(update)));
}

bool BookFeed::Merge(const rebuild::v1::Book& book, std::vector<StreamNews>& news) {
  Market& market = markets_[book.market_ticker()];
  v1::BookHealth& health = market.health;
  if (health.state() == v1::BOOK_STATE_LIVE) return true;
  if (book.doubt() != rebuild::v1::BOOK_DOUBT_NONE || book.sequence() < health.book_sequence()) {
    return false;
  }
  while (!market.held.empty() && market.held.front().envelope().sequence() <= book.sequence()) {
    market.held.pop_front();
  }
  std::int64_t expected = book.sequence();
  for (const auto& held : market.held) {
    if (held.envelope().sequence() != ++expected) return false;
  }
  health.set_state(v1::BOOK_STATE_LIVE);
  health.set_book_sequence(book.sequence());
  health.set_snapshot_count(health.snapshot_count() + 1);
  v1::BookUpdate update = WholeOf(book);
  *update.mutable_health() = health;
  news.push_back(NewsOf(book.market_ticker(), std::move(update)));
  const auto held = std::exchange(market.held, {});
  for (const auto& message : held) Delta(market, message, news);
  return true;
}

void BookFeed::SetFed(bool is_fed, std::vector<StreamNews>& news) {
  if (std::exchange(is_fed_, is_fed) == is_fed) return;
  for (const auto& [ticker, market] : markets_) {
    if (market.health.state() != v1::BOOK_STATE_LIVE) continue;
    v1::BookUpdate update;
    *update.mutable_health() = market.health;
    if (!is_fed) update.mutable_health()->set_state(v1::BOOK_STATE_IN_DOUBT);
    news.push_back(NewsOf(ticker, std::move(update)));
  }
}

void BookFeed::Reset(std::vector<StreamNews>& news) {
  for (auto& [ticker, market] : markets_) {
    v1::BookUpdate update;
    update.set_is_whole(true);
    update.mutable_health()->set_state(v1::BOOK_STATE_WAITING);
    news.push_back(NewsOf(ticker, std::move(update)));
  }
  // What is still on its way must not be taken for doubles.
  markets_.clear();
}

}  // namespace evx::gateway
