#include "trading/portfolio_state.h"

#include <algorithm>
#include <set>

#include "evx/core/check.h"

namespace evx::gateway {
namespace {

namespace events_pb = events::v1;
namespace exchange_pb = exchange::v1;

constexpr std::int64_t kDollarMicros = 1'000'000;
constexpr std::int64_t kContractCentis = 100;
constexpr std::int32_t kPrimarySubaccount = 0;

// What the contracts of a fill cost: an ask pays the NO price. Prices are multiples of $0.0001, so
// the division is exact.
std::int64_t CostMicros(const events_pb::OrderFilled& fill) {
  const std::int64_t price = fill.side() == common::v1::BOOK_SIDE_BID
                                 ? fill.price_micros()
                                 : kDollarMicros - fill.price_micros();
  return price * fill.quantity_centis() / kContractCentis;
}

}  // namespace

// What one record changed: each thing once, as it is after the record.
class PortfolioState::Changes {
 public:
  void AddOrder(const exchange_pb::Order& order) { orders_[order.order_id()] = order; }
  void AddPlace(const std::string& order_id) { places_.insert(order_id); }
  void AddPosition(const PositionKey& key, const exchange_pb::Position& position) {
    positions_[key] = position;
  }
  v1::PortfolioUpdate& rest() { return rest_; }

  bool MoveTo(const PortfolioState& state, v1::PortfolioUpdate& update) {
    update.MergeFrom(rest_);
    for (const auto& [id, order] : orders_) *update.add_orders() = order;
    for (const auto& [key, position] : positions_) *update.add_positions() = position;
    for (const std::string& order_id : places_) {
      const auto place = state.places_.find(order_id);
      if (place == state.places_.end() || !state.orders_.contains(order_id)) continue;
      v1::QueuePosition& out = *update.add_queue_positions();
      out.set_order_id(order_id);
      out.set_quantity_ahead_centis(place->second);
    }
    const bool is_anything = update.has_balance() || update.orders_size() > 0 ||
                             update.positions_size() > 0 || update.fills_size() > 0 ||
                             update.settlements_size() > 0 || update.queue_positions_size() > 0;
    update.set_sequence_number(state.applied_);
    return is_anything;
  }

 private:
  std::map<std::string, exchange_pb::Order> orders_;
  std::map<PositionKey, exchange_pb::Position> positions_;
  std::set<std::string> places_;
  v1::PortfolioUpdate rest_;  // Balance, fills, settlements.
};

PortfolioState::PortfolioState(const Lists& lists) {
  EVX_CHECK(!lists.orders.empty() && !lists.positions.empty());
  orders_known_ = lists.orders.front().sequence_number();
  for (const auto& page : lists.orders) {
    for (const auto& order : page.orders()) {
      orders_[order.order_id()] = {order, std::max(orders_known_, order.sequence_number())};
    }
  }
  positions_known_ = lists.positions.front().sequence_number();
  for (const auto& page : lists.positions) {
    for (const auto& position : page.positions()) {
      positions_[{position.market_ticker(), position.subaccount()}] = {position,
                                                                       page.sequence_number()};
    }
  }
  balance_known_ = lists.balance.sequence_number();
  balance_.set_cash_micros(lists.balance.cash_micros());
  balance_.set_hold_micros(lists.balance.hold_micros());
  for (const auto& fill : lists.fills.fills()) {
    if (fills_.size() == kFillsMax) break;
    fills_known_ = std::max(fills_known_, fill.sequence_number());
    fills_.push_back(fill);
  }
  applied_ = std::min({orders_known_, positions_known_, balance_known_});
}

bool PortfolioState::Apply(const events_pb::ExchangeRecord& record, v1::PortfolioUpdate& update) {
  if (record.sequence_number() <= applied_) return false;
  applied_ = record.sequence_number();
  Changes changes;
  for (const auto& event : record.events()) Take(record, event, changes);
  return changes.MoveTo(*this, update);
}

void PortfolioState::Take(const events_pb::ExchangeRecord& record,
                          const events_pb::ExchangeEvent& event, Changes& changes) {
  if (event.has_order_accepted()) return Accept(record, event.order_accepted(), changes);
  if (event.has_order_filled()) return Fill(record, event.order_filled(), changes);
  if (event.has_order_amended()) return Amend(record, event.order_amended(), changes);
  if (event.has_order_canceled()) {
    if (auto* order = Known(event.order_canceled().order_id(), record.sequence_number())) {
      order->set_remaining_quantity_centis(0);
      order->set_status(exchange_pb::ORDER_STATUS_CANCELED);
      Touch(record, *order, changes);
    }
  } else if (event.has_order_decreased()) {
    const auto& decreased = event.order_decreased();
    if (auto* order = Known(decreased.order_id(), record.sequence_number())) {
      order->set_remaining_quantity_centis(decreased.remaining_quantity_centis());
      order->set_quantity_centis(order->filled_quantity_centis() +
                                 decreased.remaining_quantity_centis());
      Touch(record, *order, changes);
    }
  } else if (event.has_position_changed()) {
    Change(record, event.position_changed(), changes);
  } else if (event.has_balance_changed()) {
    const auto& changed = event.balance_changed();
    if (changed.subaccount() != kPrimarySubaccount || record.sequence_number() <= balance_known_) {
      return;
    }
    balance_.set_cash_micros(changed.cash_micros());
    balance_.set_hold_micros(changed.hold_micros());
    *changes.rest().mutable_balance() = balance_;
  } else if (event.has_position_settled()) {
    const auto& settled = event.position_settled();
    if (record.sequence_number() <= positions_known_) return;
    v1::Settlement& out = *changes.rest().add_settlements();
    out.set_market_ticker(settled.market_ticker());
    out.set_position_centis(settled.position_centis());
    out.set_revenue_micros(settled.revenue_micros());
    out.set_fee_micros(settled.fee_micros());
    out.set_settled_time_ns(record.create_time().seconds() * 1'000'000'000 +
                            record.create_time().nanos());
  }
}

exchange_pb::Order* PortfolioState::Known(const std::string& order_id,
                                          std::int64_t sequence_number) {
  const auto found = orders_.find(order_id);
  if (found == orders_.end() || sequence_number <= found->second.listed) return nullptr;
  return &found->second.order;
}

void PortfolioState::Accept(const events_pb::ExchangeRecord& record,
                            const events_pb::OrderAccepted& event, Changes& changes) {
  if (record.sequence_number() <= orders_known_ || orders_.contains(event.order_id())) return;
  exchange_pb::Order& order = orders_[event.order_id()].order;
  order.set_order_id(event.order_id());
  order.set_client_order_id(event.client_order_id());
  order.set_subaccount(event.subaccount());
  order.set_market_ticker(event.market_ticker());
  order.set_side(event.side());
  order.set_price_micros(event.price_micros());
  order.set_quantity_centis(event.quantity_centis());
  order.set_remaining_quantity_centis(event.quantity_centis());
  order.set_time_in_force(event.time_in_force());
  order.set_status(exchange_pb::ORDER_STATUS_RESTING);
  if (event.has_expiration_time()) *order.mutable_expiration_time() = event.expiration_time();
  order.set_order_group_id(event.order_group_id());
  *order.mutable_create_time() = record.create_time();
  changes.AddPlace(event.order_id());
  Touch(record, order, changes);
}

void PortfolioState::Fill(const events_pb::ExchangeRecord& record,
                          const events_pb::OrderFilled& event, Changes& changes) {
  if (record.sequence_number() > fills_known_) {
    exchange_pb::Fill& fill = *changes.rest().add_fills();
    fill.set_trade_id(event.trade_id());
    fill.set_order_id(event.order_id());
    fill.set_subaccount(event.subaccount());
    fill.set_market_ticker(event.market_ticker());
    fill.set_side(event.side());
    fill.set_is_taker(event.is_taker());
    fill.set_price_micros(event.price_micros());
    fill.set_quantity_centis(event.quantity_centis());
    fill.set_fee_micros(event.fee_micros());
    *fill.mutable_create_time() = record.create_time();
    fill.set_sequence_number(record.sequence_number());
    fills_.push_front(fill);
    if (fills_.size() > kFillsMax) fills_.pop_back();
  }
  auto* order = Known(event.order_id(), record.sequence_number());
  if (order == nullptr) return;
  order->set_filled_quantity_centis(order->filled_quantity_centis() + event.quantity_centis());
  order->set_remaining_quantity_centis(event.remaining_quantity_centis());
  order->set_fees_micros(order->fees_micros() + event.fee_micros());
  if (event.is_taker()) {
    order->set_taker_fill_cost_micros(order->taker_fill_cost_micros() + CostMicros(event));
  } else {
    order->set_maker_fill_cost_micros(order->maker_fill_cost_micros() + CostMicros(event));
  }
  if (event.remaining_quantity_centis() == 0) order->set_status(exchange_pb::ORDER_STATUS_EXECUTED);
  Touch(record, *order, changes);
}

void PortfolioState::Amend(const events_pb::ExchangeRecord& record,
                           const events_pb::OrderAmended& event, Changes& changes) {
  auto* order = Known(event.order_id(), record.sequence_number());
  if (order == nullptr) return;
  order->set_client_order_id(event.client_order_id());
  order->set_price_micros(event.price_micros());
  order->set_remaining_quantity_centis(event.remaining_quantity_centis());
  order->set_quantity_centis(order->filled_quantity_centis() + event.remaining_quantity_centis());
  order->clear_expiration_time();
  if (event.has_expiration_time()) *order->mutable_expiration_time() = event.expiration_time();
  Touch(record, *order, changes);
}

void PortfolioState::Touch(const events_pb::ExchangeRecord& record, exchange_pb::Order& order,
                           Changes& changes) {
  order.set_sequence_number(record.sequence_number());
  *order.mutable_update_time() = record.create_time();
  changes.AddOrder(order);
  if (order.status() == exchange_pb::ORDER_STATUS_RESTING) return;
  const std::string order_id = order.order_id();
  places_.erase(order_id);
  orders_.erase(order_id);
}

void PortfolioState::Change(const events_pb::ExchangeRecord& record,
                            const events_pb::PositionChanged& event, Changes& changes) {
  const PositionKey key{event.market_ticker(), event.subaccount()};
  const auto found = positions_.find(key);
  const std::int64_t listed = found == positions_.end() ? positions_known_ : found->second.listed;
  if (record.sequence_number() <= listed) return;
  exchange_pb::Position position;
  position.set_subaccount(event.subaccount());
  position.set_market_ticker(event.market_ticker());
  position.set_position_centis(event.position_centis());
  position.set_exposure_micros(event.exposure_micros());
  position.set_realized_pnl_micros(event.realized_pnl_micros());
  position.set_fees_paid_micros(event.fees_paid_micros());
  changes.AddPosition(key, position);
  if (position.position_centis() == 0) {
    positions_.erase(key);
  } else {
    positions_[key] = {std::move(position), listed};
  }
}

bool PortfolioState::Apply(const exchange_pb::StreamQueuePositionsResponse& places,
                           v1::PortfolioUpdate& update) {
  Changes changes;
  for (const auto& place : places.queue_positions()) {
    places_[place.order_id()] = place.quantity_ahead_centis();
    changes.AddPlace(place.order_id());
  }
  for (const std::string& order_id : places.gone_order_ids()) places_.erase(order_id);
  return changes.MoveTo(*this, update);
}

void PortfolioState::SetThrough(std::int64_t sequence_number) {
  applied_ = std::max(applied_, sequence_number);
}

v1::Portfolio PortfolioState::Whole() const {
  v1::Portfolio whole;
  *whole.mutable_balance() = balance_;
  for (const auto& [key, known] : positions_) *whole.add_positions() = known.position;
  for (const auto& [order_id, known] : orders_) {
    *whole.add_orders() = known.order;
    const auto place = places_.find(order_id);
    if (place == places_.end()) continue;
    v1::QueuePosition& out = *whole.add_queue_positions();
    out.set_order_id(order_id);
    out.set_quantity_ahead_centis(place->second);
  }
  for (const auto& fill : fills_) *whole.add_fills() = fill;
  whole.set_sequence_number(applied_);
  return whole;
}

const exchange_pb::Order* PortfolioState::FindOrder(const std::string& order_id) const {
  const auto found = orders_.find(order_id);
  return found == orders_.end() ? nullptr : &found->second.order;
}

}  // namespace evx::gateway
