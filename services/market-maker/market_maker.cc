#include "market_maker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/kalshi/error_body.h"
#include "evx/telemetry/log.h"

namespace evx::market_maker {
namespace {

using telemetry::kInfo;
using telemetry::kWarning;
using telemetry::Log;

constexpr absl::Duration kFillInterval = absl::Seconds(1);
constexpr absl::Duration kExchangeTimeInterval = absl::Milliseconds(100);
constexpr absl::Duration kMarketInterval = absl::Seconds(10);
constexpr absl::Duration kHorizons[] = {absl::Seconds(1), absl::Seconds(10), absl::Seconds(60)};
constexpr std::size_t kPendingMarksMax = 10'000;
constexpr int kStaleIntervals = 3;
constexpr absl::Duration kRenewalRetry = absl::Seconds(1);
// The venue counts an order group's fills over a rolling window of 15 seconds.
constexpr absl::Duration kGroupWindow = absl::Seconds(15);
// The exchange shows a fill some time after the second in which it happened.
constexpr absl::Duration kFillOverlap = absl::Seconds(5);
constexpr std::size_t kOwnOrdersMax = 1'000;

class ClientDoor final : public OrderDoor {
 public:
  explicit ClientDoor(kalshi_client::KalshiClient& client) : client_(client) {}
  absl::StatusOr<kalshi::CreateOrderResponse> CreateOrder(
      const kalshi::CreateOrderRequest& request) override {
    return client_.CreateOrder(request);
  }
  absl::StatusOr<kalshi::AmendOrderResponse> AmendOrder(
      std::string_view order_id, const kalshi::AmendOrderRequest& request) override {
    return client_.AmendOrder(order_id, request);
  }
  absl::Status CancelOrder(std::string_view order_id) override {
    kalshi::CancelOrderItem item;
    item.order_id = order_id;
    return client_.CancelOrder(item).status();
  }
  absl::StatusOr<std::vector<kalshi::Order>> RestingOrders(std::string_view ticker) override {
    kalshi::OrdersQuery query;
    query.ticker = ticker;
    query.status = kalshi::OrderStatus::kResting;
    return client_.GetAllOrders(query, kOwnOrdersMax);
  }

 private:
  kalshi_client::KalshiClient& client_;
};

// The best levels of a book without the maker's own orders.
std::optional<strategy::Top> TopOfOthers(const kalshi::OrderBook& book, const QuoteKeeper& keeper) {
  strategy::Top top;
  for (const kalshi::BookLevel& level : book.yes) {  // Ascending: the best is the last that stays.
    const Quantity others = level.count - keeper.Resting(BookSide::kBid, level.price);
    if (others > Quantity()) top.bid = level.price, top.bid_quantity = others;
  }
  for (const kalshi::BookLevel& level : book.no) {
    const Price ask = level.price.Complement();
    const Quantity others = level.count - keeper.Resting(BookSide::kAsk, ask);
    if (others > Quantity()) top.ask = ask, top.ask_quantity = others;
  }
  if (top.bid_quantity.is_zero() || top.ask_quantity.is_zero()) return std::nullopt;
  return top;
}

}  // namespace

MarketMaker::MarketMaker(Options options, kalshi_client::KalshiClient& client, const Clock& clock,
                         Probe& probe)
    : options_(std::move(options)),
      client_(client),
      clock_(clock),
      probe_(probe),
      door_(std::make_unique<ClientDoor>(client)) {}

MarketMaker::~MarketMaker() {
  if (thread_.joinable()) static_cast<void>(Stop());
}

absl::StatusOr<std::unique_ptr<MarketMaker>> MarketMaker::Create(
    Options options, kalshi_client::KalshiClient& client, const Clock& clock, Probe& probe) {
  std::unique_ptr<MarketMaker> maker(new MarketMaker(std::move(options), client, clock, probe));
  EVX_RETURN_IF_ERROR(maker->FindExchangeClock());
  kalshi::CreateOrderGroupRequest request;
  request.contracts_limit = maker->options_.group_limit;
  EVX_ASSIGN_OR_RETURN(const auto group, client.CreateOrderGroup(request));
  maker->order_group_id_ = group.order_group_id;
  return maker;
}

// UNAVAILABLE when the exchange cannot be reached.
absl::Status MarketMaker::FindExchangeClock() {
  const Timestamp now = clock_.Now();
  const auto exchange_clock = client_.GetClock();
  if (exchange_clock.status().code() == absl::StatusCode::kUnavailable) {
    return exchange_clock.status();
  }
  has_virtual_clock_ = exchange_clock.ok() && exchange_clock->mode == "virtual";
  if (has_virtual_clock_) exchange_ahead_ = exchange_clock->exchange_time - now;
  started_ = fills_since_ = ExchangeTime(now);
  return absl::OkStatus();
}

void MarketMaker::ReadExchangeTime(Timestamp now) {
  if (!has_virtual_clock_ || now < next_exchange_time_) return;
  next_exchange_time_ = now + kExchangeTimeInterval;
  const auto exchange_clock = client_.GetClock();
  if (exchange_clock.ok()) exchange_ahead_ = exchange_clock->exchange_time - now;
}

void MarketMaker::SetMarkets(const std::vector<MarketSettings>& markets) {
  const std::lock_guard lock(mutex_);
  wanted_ = markets;
  changed_.notify_all();
}

void MarketMaker::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Status MarketMaker::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  EVX_RETURN_IF_ERROR(client_.TriggerOrderGroup(order_group_id_));
  return client_.DeleteOrderGroup(order_group_id_);
}

void MarketMaker::Run() {
  for (;;) {
    const Timestamp next = RunOnce();
    std::unique_lock lock(mutex_);
    const absl::Duration wait = std::max(next - clock_.Now(), absl::Milliseconds(1));
    changed_.wait_for(lock, absl::ToChronoNanoseconds(wait),
                      [this] { return stopping_ || wanted_.has_value(); });
    if (stopping_) return;
  }
}

// Does what is due and returns when the next thing will be.
Timestamp MarketMaker::RunOnce() {
  AdoptMarkets();
  Timestamp now = clock_.Now();
  ReadExchangeTime(now);
  if (now >= next_fills_) {
    ReadFills(now);
    MarkFills(now);
    ReadPositions(now);
    next_fills_ = now + kFillInterval;
  }
  if (group_reset_ && now >= *group_reset_) ResetGroup(now);
  Timestamp next = next_fills_;
  for (auto& [ticker, book] : books_) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return now;
    }
    now = clock_.Now();
    const auto renewal = book.keeper->NextRenewal();
    if (now >= book.next) {
      QuoteMarket(book, now);
    } else if (renewal && ExchangeTime(now) >= *renewal && now >= book.retry) {
      RenewMarket(book, now);
    }
    next = std::min(next, book.next);
  }
  return next;
}

void MarketMaker::AdoptMarkets() {
  std::vector<MarketSettings> wanted;
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return;
    wanted = *std::exchange(wanted_, std::nullopt);
  }
  std::set<std::string> tickers;
  for (const MarketSettings& settings : wanted) {
    tickers.insert(settings.ticker);
    const auto found = books_.find(settings.ticker);
    if (found != books_.end() && found->second.settings == settings) continue;
    Book& book = books_[settings.ticker];
    book.settings = settings;
    book.quoter = MakeQuoter(settings);
    book.next = clock_.Now();
    if (book.keeper == nullptr) {
      book.keeper = std::make_unique<QuoteKeeper>(
          QuoteKeeper::Options{
              settings.ticker, order_group_id_,
              absl::StrFormat("%s%s-%d", kClientOrderIdFamily, options_.run_id, ++keeper_count_),
              options_.quote_lifetime},
          *door_);
    }
    const std::lock_guard lock(mutex_);
    freshness_[settings.ticker] = {book.next + kStaleIntervals * settings.interval,
                                   Unavailable("not quoted yet")};
  }
  for (auto book = books_.begin(); book != books_.end();) {
    if (tickers.contains(book->first)) {
      ++book;
      continue;
    }
    const absl::Status canceled = book->second.keeper->Keep({}, ExchangeTime(clock_.Now()));
    if (!canceled.ok()) {
      Log(kWarning, "Quotes of a market that is not wanted any more are left to expire.",
          {{"market_ticker", book->first}, {"status", canceled}});
    }
    const std::lock_guard lock(mutex_);
    freshness_.erase(book->first);
    book = books_.erase(book);
  }
  probe_.MarketsQuoted(static_cast<double>(books_.size()));
}

void MarketMaker::QuoteMarket(Book& book, Timestamp now) {
  book.next = book.next + book.settings.interval;
  // Late by more than an interval: start over from here instead of catching up.
  if (book.next <= now) book.next = now + book.settings.interval;
  const auto view = View(book, now);
  if (!view.ok()) return Finish(book, view.status(), now);
  book.wanted = book.quoter->Next(*view);
  RenewMarket(book, now);
}

// The quotes as they are, with a later expiration.
void MarketMaker::RenewMarket(Book& book, Timestamp now) {
  book.retry = now + kRenewalRetry;
  const std::uint64_t before = book.keeper->quote_count();
  const absl::Status status = book.keeper->Keep(book.wanted, ExchangeTime(now));
  probe_.QuotesPlaced(book.keeper->quote_count() - before);
  Finish(book, status, now);
}

void MarketMaker::Finish(Book& book, const absl::Status& status, Timestamp now) {
  const std::string code = kalshi::VenueCode(status);
  if (code == kalshi::error::kOrderGroupTriggered.code && !group_reset_) {
    group_reset_ = now + kGroupWindow;
  }
  // A quote that would have crossed is not a fault of quoting.
  const bool crossed =
      code == kalshi::error::kInvalidOrder.code &&
      MessageOf(status).find(kalshi::error::kDetailsPostOnlyCross) != std::string::npos;
  const bool fine = status.ok() || crossed;
  if (!fine) {
    probe_.QuoteFailed();
    if (book.status.ok()) {
      Log(kWarning, "Market cannot be quoted.",
          {{"market_ticker", book.settings.ticker}, {"status", status}});
    }
  } else if (!book.status.ok()) {
    Log(kInfo, "Market is quoted again.", {{"market_ticker", book.settings.ticker}});
  }
  book.status = fine ? absl::OkStatus() : status;
  const std::lock_guard lock(mutex_);
  Freshness& freshness = freshness_[book.settings.ticker];
  freshness.status = book.status;
  if (fine) freshness.until = now + kStaleIntervals * book.settings.interval;
}

void MarketMaker::ResetGroup(Timestamp now) {
  const absl::Status reset = client_.ResetOrderGroup(order_group_id_);
  Log(reset.ok() ? kInfo : kWarning, "Order group was reset after reaching its limit.",
      {{"order_group_id", order_group_id_}, {"status", reset}});
  group_reset_ = reset.ok() ? std::nullopt : std::optional(now + kRenewalRetry);
}

absl::Status MarketMaker::RefreshMarket(Book& book, Timestamp now) {
  if (book.market && now - book.market_time < kMarketInterval) return absl::OkStatus();
  EVX_ASSIGN_OR_RETURN(book.market, client_.GetMarket(book.settings.ticker));
  book.market_time = now;
  return absl::OkStatus();
}

absl::StatusOr<MarketView> MarketMaker::View(Book& book, Timestamp now) {
  MarketView view;
  view.now = ExchangeTime(now);
  if (!book.quoter->needs_book()) return view;
  EVX_RETURN_IF_ERROR(RefreshMarket(book, now));
  EVX_ASSIGN_OR_RETURN(view.grid, kalshi::ToPriceGrid(book.market->price_ranges));
  view.close_time = book.market->close_time;
  view.is_active = book.market->status == kalshi::MarketStatus::kActive;
  if (book.market->last_price > Price()) view.last_price = book.market->last_price;
  if (const auto found = positions_.find(book.settings.ticker); found != positions_.end()) {
    view.position = found->second;
  }
  EVX_ASSIGN_OR_RETURN(const kalshi::OrderBook levels, client_.GetOrderBook(book.settings.ticker));
  view.top = TopOfOthers(levels, *book.keeper);
  return view;
}

void MarketMaker::ReadFills(Timestamp now) {
  kalshi::FillsQuery query;
  query.page.limit = 200;
  query.min_time =
      Timestamp::FromSeconds(std::max(started_, fills_since_ + -kFillOverlap).seconds());
  const auto fills = client_.GetFills(query);
  if (!fills.ok()) return;
  // Newest first; those of the last read are at the end.
  std::string newest = last_fill_id_;
  for (const kalshi::Fill& fill : fills->fills) {
    if (fill.trade_id == last_fill_id_) break;
    if (&fill == &fills->fills.front()) newest = fill.trade_id;
    probe_.FillSeen();
    if (const auto book = books_.find(fill.ticker); book != books_.end()) {
      book->second.keeper->NoteFill(fill.order_id, fill.count);
    }
    if (marks_.size() >= kPendingMarksMax) marks_.pop_front();
    marks_.push_back({fill.ticker, fill.book_side, fill.yes_price, now, 0});
  }
  last_fill_id_ = newest;
  fills_since_ = ExchangeTime(now);
}

void MarketMaker::MarkFills(Timestamp now) {
  std::map<std::string, std::optional<double>> mids;  // Asked once a pass.
  for (PendingMark& mark : marks_) {
    if (now - mark.time < kHorizons[mark.next_horizon]) continue;
    auto [mid, is_new] = mids.try_emplace(mark.ticker);
    if (is_new) {
      const auto market = client_.GetMarket(mark.ticker);
      if (market.ok() && market->yes_bid > Price() &&
          market->yes_ask.micros() < Price::kDollarMicros) {
        mid->second =
            static_cast<double>(market->yes_bid.micros() + market->yes_ask.micros()) / 2e6;
      }
    }
    if (mid->second) {
      const double bought = static_cast<double>(mark.price.micros()) / 1e6;
      const double against =
          mark.side == BookSide::kBid ? bought - *mid->second : *mid->second - bought;
      probe_.Marked(mark.next_horizon, against);
    }
    ++mark.next_horizon;
  }
  std::erase_if(marks_, [](const PendingMark& mark) {
    return mark.next_horizon == static_cast<int>(std::size(kHorizons));
  });
}

void MarketMaker::ReadPositions(Timestamp) {
  const bool needed = std::any_of(books_.begin(), books_.end(), [](const auto& entry) {
    return entry.second.quoter->needs_book();
  });
  if (!needed) return;
  kalshi::PositionsQuery query;
  query.page.limit = 1000;
  const auto positions = client_.GetPositions(query);
  if (!positions.ok()) return;
  positions_.clear();
  for (const kalshi::MarketPosition& position : positions->market_positions) {
    positions_[position.ticker] = position.position;
  }
}

absl::Status MarketMaker::CheckFresh() const {
  const Timestamp now = clock_.Now();
  const std::lock_guard lock(mutex_);
  int stale_count = 0;
  std::string first;
  for (const auto& [ticker, freshness] : freshness_) {
    if (now <= freshness.until) continue;
    if (stale_count++ > 0) continue;
    first = absl::StrFormat(
        "%s: %s", ticker,
        freshness.status.ok() ? "the quoting thread is late" : MessageOf(freshness.status));
  }
  if (stale_count == 0) return absl::OkStatus();
  return Unavailable(absl::StrFormat("%d markets without fresh quotes; %s", stale_count, first));
}

}  // namespace evx::market_maker
