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
constexpr absl::Duration kMarketInterval = absl::Seconds(10);
constexpr absl::Duration kHorizons[] = {absl::Seconds(1), absl::Seconds(10), absl::Seconds(60)};
constexpr std::size_t kPendingMarksMax = 10'000;
constexpr int kStaleIntervals = 3;

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
      door_(std::make_unique<ClientDoor>(client)),
      fills_since_(clock.Now()) {}

MarketMaker::~MarketMaker() {
  if (thread_.joinable()) static_cast<void>(Stop());
}

absl::StatusOr<std::unique_ptr<MarketMaker>> MarketMaker::Create(
    Options options, kalshi_client::KalshiClient& client, const Clock& clock, Probe& probe) {
  std::unique_ptr<MarketMaker> maker(new MarketMaker(std::move(options), client, clock, probe));
  kalshi::CreateOrderGroupRequest request;
  request.contracts_limit = maker->options_.group_limit;
  EVX_ASSIGN_OR_RETURN(const auto group, client.CreateOrderGroup(request));
  maker->order_group_id_ = group.order_group_id;
  return maker;
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
  if (now >= next_fills_) {
    ReadFills(now);
    MarkFills(now);
    ReadPositions(now);
    next_fills_ = now + kFillInterval;
  }
  Timestamp next = next_fills_;
  for (auto& [ticker, book] : books_) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return now;
    }
    now = clock_.Now();
    const auto renewal = book.keeper->NextRenewal();
    if (now >= book.next || (renewal && now >= *renewal)) QuoteMarket(book, now);
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
    if (found != books_.end()) static_cast<void>(found->second.keeper->Keep({}, clock_.Now()));
    Book book;
    book.settings = settings;
    book.quoter = MakeQuoter(settings);
    book.keeper = std::make_unique<QuoteKeeper>(
        QuoteKeeper::Options{
            settings.ticker, order_group_id_,
            absl::StrFormat("mm-%s-%s", options_.run_id, settings.ticker.substr(0, 24)),
            options_.quote_lifetime},
        *door_);
    book.last_success = clock_.Now();
    books_.insert_or_assign(settings.ticker, std::move(book));
  }
  for (auto book = books_.begin(); book != books_.end();) {
    if (tickers.contains(book->first)) {
      ++book;
      continue;
    }
    static_cast<void>(book->second.keeper->Keep({}, clock_.Now()));
    book = books_.erase(book);
  }
  probe_.MarketsQuoted(static_cast<double>(books_.size()));
}

void MarketMaker::QuoteMarket(Book& book, Timestamp now) {
  // Late by more than an interval: start over from here instead of catching up.
  book.next = std::max(book.next + book.settings.interval, now + book.settings.interval / 2);
  const std::uint64_t before = book.keeper->quote_count();
  absl::Status status;
  const auto view = View(book, now);
  if (!view.ok()) {
    status = view.status();
  } else {
    status = book.keeper->Keep(book.quoter->Next(*view), now);
  }
  probe_.QuotesPlaced(book.keeper->quote_count() - before);
  // A quote that would have crossed is not a fault of quoting.
  const bool fine = status.ok() || kalshi::VenueCode(status) == "invalid_order";
  if (!fine) {
    probe_.QuoteFailed();
    if (book.last_status.ok()) {
      Log(kWarning, "Market cannot be quoted.",
          {{"market_ticker", book.settings.ticker}, {"status", status}});
    }
  } else if (!book.last_status.ok()) {
    Log(kInfo, "Market is quoted again.", {{"market_ticker", book.settings.ticker}});
  }
  book.last_status = fine ? absl::OkStatus() : status;
  if (fine) book.last_success = now;
  const absl::Duration limit = kStaleIntervals * book.settings.interval;
  const std::lock_guard lock(mutex_);
  if (now - book.last_success > limit) {
    freshness_[book.settings.ticker] = status;
  } else {
    freshness_.erase(book.settings.ticker);
  }
}

absl::Status MarketMaker::RefreshMarket(Book& book, Timestamp now) {
  if (book.market && now - book.market_time < kMarketInterval) return absl::OkStatus();
  EVX_ASSIGN_OR_RETURN(book.market, client_.GetMarket(book.settings.ticker));
  book.market_time = now;
  return absl::OkStatus();
}

absl::StatusOr<MarketView> MarketMaker::View(Book& book, Timestamp now) {
  MarketView view;
  view.now = now;
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
  query.min_time = Timestamp::FromSeconds(fills_since_.seconds());
  const auto fills = client_.GetFills(query);
  if (!fills.ok()) return;
  // Newest first; those of the last read are at the end.
  std::string newest = last_fill_id_;
  for (const kalshi::Fill& fill : fills->fills) {
    if (fill.trade_id == last_fill_id_) break;
    if (&fill == &fills->fills.front()) newest = fill.trade_id;
    probe_.FillSeen();
    if (marks_.size() >= kPendingMarksMax) marks_.pop_front();
    marks_.push_back({fill.ticker,
                      fill.book_side == kalshi::BookSide::kBid ? BookSide::kBid : BookSide::kAsk,
                      fill.yes_price, now, 0});
  }
  last_fill_id_ = newest;
  fills_since_ = now;
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
  const std::lock_guard lock(mutex_);
  if (freshness_.empty()) return absl::OkStatus();
  const auto& [ticker, status] = *freshness_.begin();
  return Unavailable(absl::StrFormat("%d markets without fresh quotes; %s: %s", freshness_.size(),
                                     ticker, MessageOf(status)));
}

}  // namespace evx::market_maker
