#include "evx/market_data/succession.h"

#include <utility>

#include "evx/core/check.h"
#include "evx/market_data/market_pipeline.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

// Of the earlier leader's trades; those that arrive here later than this many others are lost in
// any case.
constexpr std::size_t kToldTradeCountMax = 10'000;

// What two servers make equal of one ticker.
std::string BodyOf(pb::TickerMessage message) {
  message.clear_envelope();
  return message.SerializeAsString();
}

std::string BodyOfLast(const PublishedMarket& published) {
  pb::TickerMessage message;
  EVX_CHECK(message.ParseFromString(published.last_ticker));
  return BodyOf(std::move(message));
}

}  // namespace

std::optional<std::size_t> FindPlace(const StandbyBook& book, const PublishedMarket& published) {
  if (!published.is_book_known) return std::nullopt;
  const std::optional<DeltaPrint>& last = published.last_delta;
  book::Book undone = book.present;
  std::size_t i = book.held.size();
  const std::size_t end = i;
  std::optional<std::size_t> equal;
  std::size_t equal_count = 0;
  for (;; --i) {
    if (undone == published.book) {
      equal = i;
      ++equal_count;
    }
    // What was there before a whole book is not known.
    if (i == 0 || !book.held[i - 1].has_delta()) break;
    const DeltaPrint print = DeltaPrint::Of(book.held[i - 1].delta());
    if (equal == i && last == print) return i;
    EVX_CHECK(undone.Apply(print.side, Price::FromMicros(print.price_micros),
                           Quantity::FromCentis(-print.delta_centis)) ==
              book::ApplyResult::kApplied);
  }
  if (last && equal != i) return std::nullopt;
  const bool is_base_known = i == 0 && book.base;
  if (last && is_base_known) return last == book.base ? equal : std::nullopt;
  if (!book.is_covered) return std::nullopt;
  if (!last) return equal_count == 1 ? equal : std::nullopt;
  const bool is_later = i < end && last->event_time_ns > book.held[i].delta().event_time_ns();
  return is_later ? std::nullopt : equal;
}

std::optional<std::size_t> FindPlace(const std::vector<pb::TickerMessage>& held,
                                     const PublishedMarket& published) {
  const std::string last = BodyOfLast(published);
  for (std::size_t i = held.size(); i > 0; --i) {
    if (BodyOf(held[i - 1]) == last) return i;
  }
  return std::nullopt;
}

struct MarketPipeline::Continuation {
  Market* market = nullptr;
  const PublishedMarket* published = nullptr;
  std::vector<pb::BookMessage> books;
  std::vector<pb::TradeMessage> trades;  // Those that were not told.
  std::vector<pb::TickerMessage> tickers;
  // Of books and tickers: the first one to publish.
  std::optional<std::size_t> book_place;
  std::size_t ticker_place = 0;
  bool is_behind_readers = false;
};

bool MarketPipeline::IsBefore(const std::optional<kalshi::TickerUpdate>& ticker,
                              const PublishedMarket& published) {
  if (!ticker || ticker->time.nanos() > published.last_ticker_time_ns) return false;
  pb::TickerMessage message;
  FillTicker(*ticker, message);
  return BodyOf(std::move(message)) != BodyOfLast(published);
}

void MarketPipeline::Count(BookKind kind) {
  if (!is_standing_by()) probe_.BookMessage(kind);
}

void MarketPipeline::StandBy() {
  const std::lock_guard lock(mutex_);
  held_.Clear();
  told_trades_.clear();
  behind_.clear();
  sink_ = &held_;
  for (auto& [ticker, market] : markets_) {
    market.is_behind = false;
    market.held_base = market.last_delta;
    market.places.is_book_trusted = market.is_proven;
  }
}

void MarketPipeline::HoldUnpublished(const MessageBatch& batch) {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(is_standing_by());
  const Timestamp now = clock_.Now();
  for (std::size_t i = batch.size(); i > 0; --i) {
    const OutputView message = batch[i - 1];
    if (message.topic == Topic::kErrors) continue;
    Market& market = Add(message.key);
    if (message.topic == Topic::kBook) market.held_base.reset();
    held_.PutFirst({message.topic, market.ticker, std::string(message.payload), now});
  }
}

void MarketPipeline::OnHeldDropped(const HeldMessages::Message& message) {
  if (message.topic != Topic::kBook) return;
  pb::BookMessage book;
  EVX_CHECK(book.ParseFromString(message.payload));
  std::optional<DeltaPrint>& base = Add(message.key).held_base;
  if (book.has_delta()) {
    base = DeltaPrint::Of(book.delta());
  } else {
    base.reset();
  }
}

std::optional<Succession> MarketPipeline::Lead(const PublishedMarkets& published, Timestamp covered,
                                               bool is_last_try) {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(is_standing_by());
  std::vector<Continuation> plans = PlanContinuations(published, covered);
  for (const Continuation& plan : plans) {
    if (plan.is_behind_readers && !is_last_try) return std::nullopt;
  }
  for (std::string& id : published.LastTrades(kToldTradeCountMax)) {
    told_trades_.insert(std::move(id));
  }
  sink_ = &output_;
  NewTrace();
  Succession counts;
  for (Continuation& plan : plans) {
    plan.market->places = plan.published->places;
    plan.market->deltas_since_snapshot = plan.published->deltas_since_snapshot;
    ContinueBook(plan, counts);
    ContinueTrades(plan, counts);
    ContinueTickers(plan, counts);
  }
  held_.Clear();
  return counts;
}

std::vector<MarketPipeline::Continuation> MarketPipeline::PlanContinuations(
    const PublishedMarkets& published, Timestamp covered) {
  static const PublishedMarket kNothing;
  for (const auto& [ticker, market] : published.markets()) Add(ticker);
  std::vector<Continuation> plans;
  plans.reserve(markets_.size());
  TextMap<std::size_t> indices;
  for (auto& [ticker, market] : markets_) {
    const auto found = published.markets().find(ticker);
    indices[ticker] = plans.size();
    Continuation& plan = plans.emplace_back();
    plan.market = &market;
    plan.published = found == published.markets().end() ? &kNothing : &found->second;
  }
  for (const HeldMessages::Message& message : held_.messages()) {
    Continuation& plan = plans[indices.find(message.key)->second];
    if (message.topic == Topic::kBook) {
      pb::BookMessage& book = plan.books.emplace_back();
      EVX_CHECK(book.ParseFromString(message.payload));
      if (book.snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC) plan.books.pop_back();
    } else if (message.topic == Topic::kTickers) {
      EVX_CHECK(plan.tickers.emplace_back().ParseFromString(message.payload));
    } else {
      pb::TradeMessage trade;
      EVX_CHECK(trade.ParseFromString(message.payload));
      if (published.HasTrade(trade.trade_id(), trade.event_time_ns())) continue;
      plan.trades.push_back(std::move(trade));
    }
  }
  for (Continuation& plan : plans) {
    const Market& market = *plan.market;
    if (market.is_proven && plan.published->places.is_book_trusted) {
      plan.book_place =
          FindPlace({market.book, plan.books, market.held_base, market.proven_since < covered},
                    *plan.published);
      plan.is_behind_readers = !plan.book_place;
    }
    PlanTickers(plan);
  }
  return plans;
}

void MarketPipeline::PlanTickers(Continuation& plan) {
  if (const auto place = FindPlace(plan.tickers, *plan.published)) {
    plan.ticker_place = *place;
    return;
  }
  if (IsBefore(plan.market->last_ticker, *plan.published)) plan.is_behind_readers = true;
  while (plan.ticker_place < plan.tickers.size() &&
         plan.tickers[plan.ticker_place].event_time_ns() < plan.published->last_ticker_time_ns) {
    ++plan.ticker_place;
  }
}

void MarketPipeline::ContinueBook(Continuation& plan, Succession& counts) {
  Market& market = *plan.market;
  const bool is_trusted = market.places.is_book_trusted;
  if (market.is_proven && is_trusted && plan.book_place) {
    ++counts.continued_count;
    for (std::size_t i = *plan.book_place; i < plan.books.size(); ++i) {
      if (!PublishHeld(market, Topic::kBook, plan.books[i], counts)) return FallBehind(market);
      ++market.deltas_since_snapshot;
      Count(BookKind::kDelta);
    }
    // What was taken over is proven at once.
    if (*plan.book_place < plan.books.size() &&
        TellSnapshot(market, pb::SNAPSHOT_CAUSE_PERIODIC, market.places[Topic::kBook], {})) {
      Count(BookKind::kPeriodicSnapshot);
    }
    return;
  }
  // Nobody follows a market that is over; the book of it that readers have is empty.
  const bool is_over =
      !market.is_wanted && plan.published->is_book_known && plan.published->book == book::Book();
  if (is_trusted && !is_over) {
    ++counts.restated_count;
    if (!TellGap(market, pb::GAP_CAUSE_RESTARTED, {}, nullptr)) return;
  }
  if (market.is_proven) TellVenueSnapshot(market, {});
}

void MarketPipeline::ContinueTrades(Continuation& plan, Succession& counts) {
  for (pb::TradeMessage& trade : plan.trades) {
    if (!PublishHeld(*plan.market, Topic::kTrades, trade, counts)) {
      probe_.Dropped(DropReason::kNoRoom);
    } else {
      probe_.TradeMessage();
    }
  }
}

void MarketPipeline::ContinueTickers(Continuation& plan, Succession& counts) {
  for (std::size_t i = plan.ticker_place; i < plan.tickers.size(); ++i) {
    if (!PublishHeld(*plan.market, Topic::kTickers, plan.tickers[i], counts)) {
      probe_.Dropped(DropReason::kNoRoom);
    } else {
      probe_.TickerMessage();
    }
  }
}

template <class Message>
bool MarketPipeline::PublishHeld(Market& market, Topic topic, Message& message,
                                 Succession& counts) {
  std::int64_t& sequence = market.places[topic];
  const Timestamp received = Timestamp::FromNanos(message.envelope().received_ns());
  message.mutable_envelope()->set_sequence(sequence + 1);
  message.mutable_envelope()->set_published_ns(clock_.Now().nanos());
  if (!sink_->Publish(topic, market.ticker, sequence + 1, message, received)) return false;
  ++sequence;
  ++counts.message_count;
  return true;
}

}  // namespace evx::market_data
