#include "trading/portfolio_state.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace evx::gateway {
namespace {

namespace events_pb = events::v1;
namespace exchange_pb = exchange::v1;

// An account at random: the records it causes, and, by the obvious way, what the exchange's lists
// say after each of them.
class RandomAccount {
 public:
  explicit RandomAccount(std::uint64_t seed) : random_(seed) { Keep(); }

  void Act() {
    record_.Clear();
    record_.set_sequence_number(++sequence_number_);
    record_.mutable_create_time()->set_seconds(sequence_number_);
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
        Create();
        break;
      case 3:
        Fill(Below(2) == 0);
        break;
      case 4:
        Cancel();
        break;
      case 5:
        Amend();
        break;
      case 6:
        Decrease();
        break;
      default:
        Move();  // Also nothing of this account happens at times.
    }
    if (record_.events_size() > 0) records_.push_back(record_);
    Keep();
  }

  // What the lists say after record `sequence_number`.
  const exchange_pb::ListOrdersResponse& OrdersAt(std::int64_t at) const { return orders_at_[at]; }
  const exchange_pb::ListPositionsResponse& PositionsAt(std::int64_t at) const {
    return positions_at_[at];
  }
  const exchange_pb::GetBalanceResponse& BalanceAt(std::int64_t at) const {
    return balance_at_[at];
  }
  const exchange_pb::ListFillsResponse& FillsAt(std::int64_t at) const { return fills_at_[at]; }
  const std::vector<events_pb::ExchangeRecord>& records() const { return records_; }
  std::int64_t sequence_number() const { return sequence_number_; }

 private:
  std::int64_t Below(std::int64_t end) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(end));
  }
  exchange_pb::Order* Any() {
    if (orders_.empty()) return nullptr;
    auto found = orders_.begin();
    std::advance(found, Below(static_cast<std::int64_t>(orders_.size())));
    return &found->second;
  }
  void Touch(exchange_pb::Order& order) {
    order.set_sequence_number(sequence_number_);
    *order.mutable_update_time() = record_.create_time();
    if (order.remaining_quantity_centis() == 0) {
      const std::string order_id = order.order_id();
      orders_.erase(order_id);
    }
  }
  void Create() {
    exchange_pb::Order order;
    order.set_order_id("o" + std::to_string(++order_count_));
    order.set_client_order_id("c" + std::to_string(order_count_));
    order.set_market_ticker("M" + std::to_string(Below(4)));
    order.set_side(Below(2) == 0 ? common::v1::BOOK_SIDE_BID : common::v1::BOOK_SIDE_ASK);
    order.set_price_micros((1 + Below(99)) * 10'000);
    order.set_quantity_centis((1 + Below(9)) * 100);
    order.set_remaining_quantity_centis(order.quantity_centis());
    order.set_status(exchange_pb::ORDER_STATUS_RESTING);
    *order.mutable_create_time() = record_.create_time();
    auto& event = *record_.add_events()->mutable_order_accepted();
    event.set_order_id(order.order_id());
    event.set_client_order_id(order.client_order_id());
    event.set_market_ticker(order.market_ticker());
    event.set_side(order.side());
    event.set_price_micros(order.price_micros());
    event.set_quantity_centis(order.quantity_centis());
    auto& known = orders_[order.order_id()] = order;
    Touch(known);
    // Some match at once, maybe wholly, or their rest is canceled.
    if (Below(3) == 0) FillOrder(known, true);
    if (Below(6) == 0 && orders_.contains(order.order_id())) CancelOrder(known);
    ChangeBalance();
  }
  void Fill(bool is_taker) {
    if (auto* order = Any()) FillOrder(*order, is_taker);
  }
  void FillOrder(exchange_pb::Order& order, bool is_taker) {
    const std::int64_t rest = order.remaining_quantity_centis();
    const std::int64_t quantity = Below(2) == 0 ? rest : 1 + Below(rest);
    auto& event = *record_.add_events()->mutable_order_filled();
    event.set_order_id(order.order_id());
    event.set_trade_id("t" + std::to_string(++trade_count_));
    event.set_market_ticker(order.market_ticker());
    event.set_side(order.side());
    event.set_is_taker(is_taker);
    event.set_price_micros(order.price_micros());
    event.set_quantity_centis(quantity);
    event.set_remaining_quantity_centis(rest - quantity);
    event.set_fee_micros(Below(1'000));
    exchange_pb::Fill fill;
    fill.set_trade_id(event.trade_id());
    fill.set_order_id(event.order_id());
    fill.set_market_ticker(event.market_ticker());
    fill.set_side(event.side());
    fill.set_is_taker(is_taker);
    fill.set_price_micros(event.price_micros());
    fill.set_quantity_centis(quantity);
    fill.set_fee_micros(event.fee_micros());
    *fill.mutable_create_time() = record_.create_time();
    fill.set_sequence_number(sequence_number_);
    fills_.insert(fills_.begin(), fill);
    const bool is_bid = order.side() == common::v1::BOOK_SIDE_BID;
    const std::int64_t price = is_bid ? order.price_micros() : 1'000'000 - order.price_micros();
    const std::int64_t cost = price / 100 * quantity;
    if (is_taker) {
      order.set_taker_fill_cost_micros(order.taker_fill_cost_micros() + cost);
    } else {
      order.set_maker_fill_cost_micros(order.maker_fill_cost_micros() + cost);
    }
    order.set_fees_micros(order.fees_micros() + event.fee_micros());
    order.set_filled_quantity_centis(order.filled_quantity_centis() + quantity);
    order.set_remaining_quantity_centis(rest - quantity);
    ChangePosition(order.market_ticker(), is_bid ? quantity : -quantity);
    Touch(order);
    ChangeBalance();
  }
  void Cancel() {
    if (auto* order = Any()) CancelOrder(*order);
    ChangeBalance();
  }
  void CancelOrder(exchange_pb::Order& order) {
    record_.add_events()->mutable_order_canceled()->set_order_id(order.order_id());
    order.set_remaining_quantity_centis(0);
    Touch(order);
  }
  void Amend() {
    auto* order = Any();
    if (order == nullptr) return;
    auto& event = *record_.add_events()->mutable_order_amended();
    event.set_order_id(order->order_id());
    event.set_client_order_id(order->client_order_id() + "x");
    event.set_price_micros((1 + Below(99)) * 10'000);
    event.set_remaining_quantity_centis((1 + Below(9)) * 100);
    if (Below(2) == 0) event.mutable_expiration_time()->set_seconds(1'000 + Below(1'000));
    order->set_client_order_id(event.client_order_id());
    order->set_price_micros(event.price_micros());
    order->set_remaining_quantity_centis(event.remaining_quantity_centis());
    order->set_quantity_centis(order->filled_quantity_centis() + event.remaining_quantity_centis());
    order->clear_expiration_time();
    if (event.has_expiration_time()) *order->mutable_expiration_time() = event.expiration_time();
    Touch(*order);
    if (Below(3) == 0) FillOrder(*order, true);
  }
  void Decrease() {
    auto* order = Any();
    if (order == nullptr || order->remaining_quantity_centis() < 2) return;
    auto& event = *record_.add_events()->mutable_order_decreased();
    event.set_order_id(order->order_id());
    event.set_remaining_quantity_centis(1 + Below(order->remaining_quantity_centis() - 1));
    order->set_remaining_quantity_centis(event.remaining_quantity_centis());
    order->set_quantity_centis(order->filled_quantity_centis() + event.remaining_quantity_centis());
    Touch(*order);
  }
  void Move() {
    if (Below(2) == 0) ChangePosition("M" + std::to_string(Below(4)), Below(500) - 250);
    if (Below(2) == 0) ChangeBalance();
  }
  void ChangePosition(const std::string& ticker, std::int64_t by) {
    auto& event = *record_.add_events()->mutable_position_changed();
    exchange_pb::Position& position = positions_[ticker];
    position.set_market_ticker(ticker);
    position.set_position_centis(position.position_centis() + by);
    position.set_exposure_micros(Below(1'000'000));
    position.set_realized_pnl_micros(Below(1'000));
    position.set_fees_paid_micros(Below(1'000));
    event.set_market_ticker(ticker);
    event.set_position_centis(position.position_centis());
    event.set_exposure_micros(position.exposure_micros());
    event.set_realized_pnl_micros(position.realized_pnl_micros());
    event.set_fees_paid_micros(position.fees_paid_micros());
    if (position.position_centis() == 0) positions_.erase(ticker);
  }
  void ChangeBalance() {
    balance_.set_cash_micros(Below(1'000'000'000));
    balance_.set_hold_micros(Below(1'000'000));
    auto& event = *record_.add_events()->mutable_balance_changed();
    event.set_cash_micros(balance_.cash_micros());
    event.set_hold_micros(balance_.hold_micros());
  }

  void Keep() {
    exchange_pb::ListOrdersResponse& orders = orders_at_.emplace_back();
    for (const auto& [id, order] : orders_) *orders.add_orders() = order;
    orders.set_sequence_number(sequence_number_);
    exchange_pb::ListPositionsResponse& positions = positions_at_.emplace_back();
    for (const auto& [ticker, position] : positions_) *positions.add_positions() = position;
    positions.set_sequence_number(sequence_number_);
    balance_at_.push_back(balance_);
    balance_at_.back().set_sequence_number(sequence_number_);
    exchange_pb::ListFillsResponse& fills = fills_at_.emplace_back();
    if (fills_.size() > PortfolioState::kFillsMax) fills_.resize(PortfolioState::kFillsMax);
    for (const auto& fill : fills_) *fills.add_fills() = fill;
  }

  std::mt19937_64 random_;
  std::int64_t sequence_number_ = 0;
  int order_count_ = 0;
  int trade_count_ = 0;
  events_pb::ExchangeRecord record_;
  std::map<std::string, exchange_pb::Order> orders_;
  std::map<std::string, exchange_pb::Position> positions_;
  exchange_pb::GetBalanceResponse balance_;
  std::vector<exchange_pb::Fill> fills_;  // Newest first.
  std::vector<events_pb::ExchangeRecord> records_;
  std::vector<exchange_pb::ListOrdersResponse> orders_at_;
  std::vector<exchange_pb::ListPositionsResponse> positions_at_;
  std::vector<exchange_pb::GetBalanceResponse> balance_at_;
  std::vector<exchange_pb::ListFillsResponse> fills_at_;
};

v1::Portfolio ExpectedAt(const RandomAccount& account, std::int64_t at) {
  v1::Portfolio expected;
  expected.mutable_balance()->set_cash_micros(account.BalanceAt(at).cash_micros());
  expected.mutable_balance()->set_hold_micros(account.BalanceAt(at).hold_micros());
  for (const auto& position : account.PositionsAt(at).positions()) {
    *expected.add_positions() = position;
  }
  for (const auto& order : account.OrdersAt(at).orders()) *expected.add_orders() = order;
  for (const auto& fill : account.FillsAt(at).fills()) *expected.add_fills() = fill;
  return expected;
}

// A client that knows nothing but what it was told.
class Told {
 public:
  explicit Told(const v1::Portfolio& portfolio) {
    balance_ = portfolio.balance();
    for (const auto& order : portfolio.orders()) orders_[order.order_id()] = order;
    for (const auto& position : portfolio.positions()) {
      positions_[position.market_ticker()] = position;
    }
    fills_.assign(portfolio.fills().begin(), portfolio.fills().end());
  }
  void Apply(const v1::PortfolioUpdate& update) {
    if (update.has_balance()) balance_ = update.balance();
    for (const auto& order : update.orders()) {
      orders_[order.order_id()] = order;
      if (order.status() != exchange_pb::ORDER_STATUS_RESTING) orders_.erase(order.order_id());
    }
    for (const auto& position : update.positions()) {
      positions_[position.market_ticker()] = position;
      if (position.position_centis() == 0) positions_.erase(position.market_ticker());
    }
    for (const auto& fill : update.fills()) fills_.insert(fills_.begin(), fill);
  }
  v1::Portfolio Whole() const {
    v1::Portfolio whole;
    *whole.mutable_balance() = balance_;
    for (const auto& [ticker, position] : positions_) *whole.add_positions() = position;
    for (const auto& [id, order] : orders_) *whole.add_orders() = order;
    for (std::size_t i = 0; i < std::min(fills_.size(), PortfolioState::kFillsMax); ++i) {
      *whole.add_fills() = fills_[i];
    }
    return whole;
  }

 private:
  v1::Balance balance_;
  std::map<std::string, exchange_pb::Order> orders_;
  std::map<std::string, exchange_pb::Position> positions_;
  std::vector<exchange_pb::Fill> fills_;
};

std::string Bytes(v1::Portfolio portfolio) {
  portfolio.clear_sequence_number();
  portfolio.clear_queue_positions();
  return portfolio.SerializeAsString();
}

TEST_CASE("PortfolioState: lists of any moments and the events behind them give the account",
          "[gateway][property]") {
  const std::uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 40; ++round) {
    RandomAccount account(random());
    const int length = 20 + static_cast<int>(random() % 300);
    for (int i = 0; i < length; ++i) account.Act();
    // The lists are read while the account goes on.
    const auto moment = [&](std::int64_t from) {
      return std::min<std::int64_t>(from + static_cast<std::int64_t>(random() % 5),
                                    account.sequence_number());
    };
    PortfolioState::Lists lists;
    const std::int64_t first = moment(static_cast<std::int64_t>(random() % 200) % length);
    const std::int64_t second = moment(first);
    const std::int64_t third = moment(second);
    const std::int64_t fourth = moment(third);
    lists.orders.push_back(account.OrdersAt(first));
    lists.positions.push_back(account.PositionsAt(second));
    lists.balance = account.BalanceAt(third);
    lists.fills = account.FillsAt(fourth);
    PortfolioState state(lists);
    CHECK(state.next_sequence_number() == first + 1);
    Told told(state.Whole());
    for (const auto& record : account.records()) {
      // The stream is opened again at times, and what was told comes again.
      const int times = random() % 10 == 0 ? 2 : 1;
      for (int i = 0; i < times; ++i) {
        v1::PortfolioUpdate update;
        const bool is_news = state.Apply(record, update);
        REQUIRE(!(is_news && i > 0));
        if (is_news) told.Apply(update);
        const std::int64_t at = record.sequence_number();
        if (at < fourth) continue;
        const std::string is = Bytes(state.Whole());
        // The texts are for people.
        if (is != Bytes(ExpectedAt(account, at))) {
          REQUIRE(state.Whole().DebugString() == ExpectedAt(account, at).DebugString());
        }
        REQUIRE(Bytes(told.Whole()) == is);
      }
    }
    REQUIRE(Bytes(state.Whole()) == Bytes(ExpectedAt(account, account.sequence_number())));
  }
}

events_pb::ExchangeRecord Accepted(std::int64_t sequence_number, const std::string& order_id) {
  events_pb::ExchangeRecord record;
  record.set_sequence_number(sequence_number);
  auto& event = *record.add_events()->mutable_order_accepted();
  event.set_order_id(order_id);
  event.set_quantity_centis(100);
  return record;
}

PortfolioState Empty() {
  PortfolioState::Lists lists;
  lists.orders.emplace_back();
  lists.positions.emplace_back();
  return PortfolioState(lists);
}

TEST_CASE("PortfolioState: a place in the queue waits for its order, and goes with it",
          "[gateway]") {
  PortfolioState state = Empty();
  exchange_pb::StreamQueuePositionsResponse places;
  auto& place = *places.add_queue_positions();
  place.set_order_id("a");
  place.set_quantity_ahead_centis(700);
  v1::PortfolioUpdate early;
  CHECK_FALSE(state.Apply(places, early));
  v1::PortfolioUpdate accepted;
  REQUIRE(state.Apply(Accepted(5, "a"), accepted));
  REQUIRE(accepted.queue_positions_size() == 1);
  CHECK(accepted.queue_positions(0).quantity_ahead_centis() == 700);
  events_pb::ExchangeRecord canceled;
  canceled.set_sequence_number(6);
  canceled.add_events()->mutable_order_canceled()->set_order_id("a");
  v1::PortfolioUpdate gone;
  REQUIRE(state.Apply(canceled, gone));
  REQUIRE(gone.orders_size() == 1);
  CHECK(gone.orders(0).status() == exchange_pb::ORDER_STATUS_CANCELED);
  CHECK(state.Whole().queue_positions().empty());
  CHECK(state.order_count() == 0);
}

TEST_CASE("PortfolioState: a settlement is told with what was held and paid", "[gateway]") {
  PortfolioState state = Empty();
  events_pb::ExchangeRecord record;
  record.set_sequence_number(9);
  record.mutable_create_time()->set_seconds(100);
  auto& settled = *record.add_events()->mutable_position_settled();
  settled.set_market_ticker("M");
  settled.set_position_centis(-300);
  settled.set_revenue_micros(3'000'000);
  v1::PortfolioUpdate update;
  REQUIRE(state.Apply(record, update));
  REQUIRE(update.settlements_size() == 1);
  CHECK(update.settlements(0).position_centis() == -300);
  CHECK(update.settlements(0).revenue_micros() == 3'000'000);
  CHECK(update.settlements(0).settled_time_ns() == 100'000'000'000);
}

}  // namespace
}  // namespace evx::gateway
