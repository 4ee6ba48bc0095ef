#include "catalogue/scripted_market.h"

#include <algorithm>

#include "evx/core/check.h"
#include "evx/venue/codec.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::string_view kTicker = "FIX_TEST";
constexpr std::string_view kAccountName = "fix-test";
constexpr Price kBid = Price::FromCents(5);
constexpr Price kAsk = Price::FromCents(95);
constexpr Quantity kQuoted = Quantity::FromContracts(100'000);
constexpr Quantity kContract = Quantity::FromContracts(1);
constexpr int kPieceCountMax = 20;

}  // namespace

// What a record says about the market: the order that came in and what is left of it, and what was
// taken from the quotes.
class ScriptedMarket::Reader {
 public:
  Reader(MarketId market, AccountId account) : market_(market), account_(account) {}

  void operator()(const venue::OrderAccepted& e) {
    if (e.market != market_ || e.account == account_) return;
    order_id = e.order_id;
    side = e.side;
    price = e.price;
    resting = e.quantity;
  }
  void operator()(const venue::OrderFilled& e) {
    if (e.market != market_) return;
    if (e.order_id == order_id) resting = e.remaining_after;
    if (e.account == account_ && !e.is_taker) {
      (e.side == BookSide::kBid ? taken_bid : taken_ask) += e.quantity;
    }
  }
  void operator()(const venue::OrderCanceled& e) {
    if (e.order_id == order_id) resting = Quantity();
  }
  template <class Event>
  void operator()(const Event&) {}

  OrderId order_id;
  BookSide side = BookSide::kBid;
  Price price;
  Quantity resting;
  Quantity taken_bid;
  Quantity taken_ask;

 private:
  const MarketId market_;
  const AccountId account_;
};

absl::Status ScriptedMarket::Start(const ExchangeContext& context) {
  context_ = &context;
  MarketId market;
  bool has_bid = false;
  bool has_ask = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    const auto account =
        std::find_if(state.accounts.begin(), state.accounts.end(),
                     [](const AccountState& known) { return known.name == kAccountName; });
    const MarketState* found = state.FindMarket(kTicker);
    if (account == state.accounts.end() || found == nullptr) return;
    account_ = account->account;
    market = found->market;
    for (const auto& [id, order] : account->open_orders) {
      (order->side == BookSide::kBid ? has_bid : has_ask) = true;
    }
  });
  if (!market) return absl::OkStatus();
  market_.store(market.value(), std::memory_order_release);
  if (!has_bid) Quote(BookSide::kBid, kQuoted);
  if (!has_ask) Quote(BookSide::kAsk, kQuoted);
  return absl::OkStatus();
}

void ScriptedMarket::OnRecord(const ReleasedRecord& record) {
  const MarketId market(market_.load(std::memory_order_acquire));
  if (!market) return;
  Reader reader(market, account_);
  EVX_CHECK(venue::VisitEvents(record.events, reader).ok());
  if (!reader.taken_bid.is_zero()) Quote(BookSide::kBid, reader.taken_bid);
  if (!reader.taken_ask.is_zero()) Quote(BookSide::kAsk, reader.taken_ask);
  if (reader.order_id && !reader.resting.is_zero()) {
    Play(reader.side, reader.price, reader.resting);
  }
}

void ScriptedMarket::Play(BookSide side, Price price, Quantity resting) const {
  constexpr std::int64_t kCentMicros = 10'000;
  switch (price.micros() / kCentMicros) {
    case 50:
      Fill(side, price, resting);
      return;
    case 45:
    case 55:
      for (int piece = 1; piece < kPieceCountMax && resting > kContract; ++piece) {
        Fill(side, price, kContract);
        resting -= kContract;
      }
      Fill(side, price, resting);
      return;
    case 40:
    case 60: {
      const Quantity half = Quantity::FromContracts(resting.centis() / (2 * kContract.centis()));
      if (!half.is_zero()) Fill(side, price, half);
      return;
    }
    default:
      return;
  }
}

void ScriptedMarket::Fill(BookSide resting_side, Price price, Quantity quantity) const {
  venue::CreateOrder order;
  order.account = account_;
  order.market = MarketId(market_.load(std::memory_order_relaxed));
  order.side = Opposite(resting_side);
  order.time_in_force = venue::TimeInForce::kImmediateOrCancel;
  order.price_micros = price.micros();
  order.quantity = quantity;
  // A full queue leaves the fill out; nobody waits for it.
  (void)context_->sequencer.Submit(order, {}, [](const Outcome&) {}).ok();
}

void ScriptedMarket::Quote(BookSide side, Quantity quantity) const {
  venue::CreateOrder order;
  order.account = account_;
  order.market = MarketId(market_.load(std::memory_order_relaxed));
  order.side = side;
  order.post_only = true;
  order.price_micros = (side == BookSide::kBid ? kBid : kAsk).micros();
  order.quantity = quantity;
  (void)context_->sequencer.Submit(order, {}, [](const Outcome&) {}).ok();
}

}  // namespace evx::mock_kalshi
