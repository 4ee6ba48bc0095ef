#include "evx/market_data/published_markets.h"

#include <algorithm>
#include <limits>

#include "evx/core/check.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr std::size_t kAllLevels = std::numeric_limits<std::size_t>::max();

using Levels = google::protobuf::RepeatedPtrField<common::v1::PriceLevel>;

void Convert(const Levels& levels, std::vector<book::Level>& out) {
  out.clear();
  for (const common::v1::PriceLevel& level : levels) {
    out.push_back(
        {Price::FromMicros(level.price_micros()), Quantity::FromCentis(level.quantity_centis())});
  }
}

void Convert(const std::vector<book::Level>& levels, Levels& out) {
  out.Clear();
  for (const book::Level& level : levels) {
    common::v1::PriceLevel& added = *out.Add();
    added.set_price_micros(level.price.micros());
    added.set_quantity_centis(level.quantity.centis());
  }
}

void Raise(std::int64_t& last, std::int64_t sequence) { last = std::max(last, sequence); }

}  // namespace

DeltaPrint DeltaPrint::Of(const pb::BookDelta& delta) {
  return {delta.side() == common::v1::BOOK_SIDE_BID ? BookSide::kBid : BookSide::kAsk,
          delta.price_micros(), delta.delta_centis(), delta.quantity_centis(),
          delta.event_time_ns()};
}

std::optional<std::int64_t> PublishedMarkets::Apply(Topic topic, std::string_view key,
                                                    std::string_view payload) {
  ++record_count_;
  switch (topic) {
    case Topic::kBook: {
      PublishedMarket* const market = Parse(key, payload, book_);
      if (market == nullptr || !ApplyBook(*market, book_)) return std::nullopt;
      return book_.envelope().sequence();
    }
    case Topic::kTrades: {
      PublishedMarket* const market = Parse(key, payload, trade_);
      if (market == nullptr) return std::nullopt;
      Raise(market->places[Topic::kTrades], trade_.envelope().sequence());
      AddTrade(trade_);
      return trade_.envelope().sequence();
    }
    case Topic::kTickers: {
      PublishedMarket* const market = Parse(key, payload, ticker_);
      if (market == nullptr) return std::nullopt;
      Raise(market->places[Topic::kTickers], ticker_.envelope().sequence());
      market->last_ticker_time_ns = ticker_.event_time_ns();
      market->last_ticker = payload;
      return ticker_.envelope().sequence();
    }
    case Topic::kNumbers:
      ApplyNumbers(key, payload);
      return std::nullopt;
    case Topic::kErrors:
      return std::nullopt;
  }
  EVX_CHECK(false);
}

template <class Message>
PublishedMarket* PublishedMarkets::Parse(std::string_view key, std::string_view payload,
                                         Message& message) {
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
      message.envelope().sequence() < 1 || message.market_ticker() != key) {
    ++unreadable_count_;
    return nullptr;
  }
  return &Market(key);
}

bool PublishedMarkets::ApplyBook(PublishedMarket& market, const pb::BookMessage& message) {
  const std::int64_t sequence = message.envelope().sequence();
  std::int64_t& last = market.places[Topic::kBook];
  if (sequence < last) return false;
  source_ = message.envelope().source();
  const bool is_next = sequence == last + 1;
  last = sequence;
  market.places.is_book_trusted = !message.has_gap();
  if (message.has_snapshot()) {
    market.deltas_since_snapshot = 0;
    const bool is_proof = message.snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC;
    if (is_proof && market.is_book_known) return true;
    Convert(message.snapshot().bids(), bids_);
    Convert(message.snapshot().asks(), asks_);
    market.is_book_known = market.book.Reset(bids_, asks_).ok();
    market.last_delta.reset();
  } else if (message.has_delta()) {
    const DeltaPrint print = DeltaPrint::Of(message.delta());
    market.last_delta = print;
    ++market.deltas_since_snapshot;
    market.is_book_known =
        market.is_book_known && is_next &&
        market.book.Apply(print.side, Price::FromMicros(print.price_micros),
                          Quantity::FromCentis(print.delta_centis)) == book::ApplyResult::kApplied;
  } else {
    market.is_book_known = market.is_book_known && is_next;
    return message.has_gap();
  }
  return market.is_book_known;
}

void PublishedMarkets::AppendPresent(MessageBatch& batch) {
  pb::BookMessage message;
  message.mutable_envelope()->set_source(source_);
  message.mutable_envelope()->set_schema_version(1);
  pb::BookSnapshot& snapshot = *message.mutable_snapshot();
  snapshot.set_cause(pb::SNAPSHOT_CAUSE_VENUE);
  for (const auto& [ticker, market] : markets_) {
    if (market.is_book_known && market.places.is_book_trusted) {
      bids_.clear();
      asks_.clear();
      market.book.AppendLevels(BookSide::kBid, kAllLevels, bids_);
      market.book.AppendLevels(BookSide::kAsk, kAllLevels, asks_);
      Convert(bids_, *snapshot.mutable_bids());
      Convert(asks_, *snapshot.mutable_asks());
      snapshot.set_book_hash(book::HashLevels(ticker, bids_, asks_));
      message.set_market_ticker(ticker);
      message.mutable_envelope()->set_sequence(market.places[Topic::kBook]);
      batch.Append(Topic::kBook, ticker, market.places[Topic::kBook], message);
    }
    if (!market.last_ticker.empty()) {
      batch.Append(Topic::kTickers, ticker, market.places[Topic::kTickers],
                   std::string_view(market.last_ticker));
    }
  }
}

void PublishedMarkets::AddTrade(const pb::TradeMessage& message) {
  if (trade_ids_.contains(message.trade_id())) return;
  trade_ids_.insert(trades_.emplace_back(message.trade_id(), message.event_time_ns()).id);
  if (trades_.size() <= kTradeCountMax) return;
  Raise(forgotten_time_ns_, trades_.front().event_time_ns);
  trade_ids_.erase(trades_.front().id);
  trades_.pop_front();
}

bool PublishedMarkets::HasTrade(std::string_view trade_id, std::int64_t event_time_ns) const {
  return trade_ids_.contains(trade_id) || event_time_ns < forgotten_time_ns_;
}

std::vector<std::string> PublishedMarkets::LastTrades(std::size_t count_max) const {
  std::vector<std::string> ids;
  for (auto trade = trades_.rbegin(); trade != trades_.rend() && ids.size() < count_max; ++trade) {
    ids.push_back(trade->id);
  }
  return ids;
}

void PublishedMarkets::ApplyNumbers(std::string_view key, std::string_view payload) {
  if (!numbers_.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
      numbers_.market_ticker() != key) {
    ++unreadable_count_;
    return;
  }
  PublishedMarket& market = Market(key);
  Raise(market.places[Topic::kTrades], numbers_.trade_sequence());
  Raise(market.places[Topic::kTickers], numbers_.ticker_sequence());
  Raise(known_books_[std::string(key)], numbers_.book_sequence());
}

void PublishedMarkets::CountExpired() {
  for (const auto& [ticker, sequence] : known_books_) {
    PublishedMarket& market = Market(ticker);
    if (market.places[Topic::kBook] >= sequence) continue;
    market.places[Topic::kBook] = sequence;
    market.places.is_book_trusted = true;
    market.is_book_known = false;
  }
}

PublishedMarket& PublishedMarkets::Market(std::string_view ticker) {
  auto found = markets_.find(ticker);
  if (found == markets_.end()) found = markets_.try_emplace(std::string(ticker)).first;
  return found->second;
}

}  // namespace evx::market_data
