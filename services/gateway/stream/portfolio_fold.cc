#include "stream/portfolio_fold.h"

#include <algorithm>

#include "evx/core/check.h"

namespace evx::gateway {

void PortfolioFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_portfolio());
  *this = PortfolioFold();
  const v1::Portfolio& portfolio = state.portfolio();
  has_state_ = true;
  balance_ = portfolio.balance();
  sequence_number_ = portfolio.sequence_number();
  for (const auto& position : portfolio.positions()) Put(position);
  for (const auto& order : portfolio.orders()) Put(order);
  for (const auto& place : portfolio.queue_positions()) Put(place);
  for (int i = portfolio.fills_size() - 1; i >= 0; --i) AddFill(portfolio.fills(i));
}

void PortfolioFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_update_portfolio());
  const v1::PortfolioUpdate& update = change.update_portfolio();
  if (update.has_balance()) balance_ = update.balance();
  for (const auto& position : update.positions()) Put(position);
  for (const auto& order : update.orders()) Put(order);
  for (const auto& place : update.queue_positions()) Put(place);
  for (const auto& fill : update.fills()) AddFill(fill);
  sequence_number_ = std::max(sequence_number_, update.sequence_number());
  // Later ones of the same thing stand behind earlier ones.
  news_.MergeFrom(update);
  is_new_ = true;
}

void PortfolioFold::Put(const exchange::v1::Position& position) {
  const PositionKey key{position.market_ticker(), position.subaccount()};
  if (position.position_centis() == 0) {
    positions_.erase(key);
  } else {
    positions_[key] = position;
  }
}

void PortfolioFold::Put(const exchange::v1::Order& order) {
  if (order.remaining_quantity_centis() > 0 &&
      order.status() == exchange::v1::ORDER_STATUS_RESTING) {
    orders_[order.order_id()] = order;
    return;
  }
  orders_.erase(order.order_id());
  places_.erase(order.order_id());
}

void PortfolioFold::Put(const v1::QueuePosition& place) {
  if (orders_.count(place.order_id()) != 0) places_[place.order_id()] = place;
}

void PortfolioFold::AddFill(const exchange::v1::Fill& fill) {
  fills_.push_front(fill);
  if (fills_.size() > kFillsMax) fills_.pop_back();
}

void PortfolioFold::TakeNews(v1::ServerMessage& message) {
  *message.mutable_update_portfolio() = std::move(news_);
  DropNews();
}

void PortfolioFold::DropNews() {
  news_ = {};
  is_new_ = false;
}

void PortfolioFold::State(v1::InitialState& state) const {
  v1::Portfolio& portfolio = *state.mutable_portfolio();
  *portfolio.mutable_balance() = balance_;
  for (const auto& [key, position] : positions_) *portfolio.add_positions() = position;
  for (const auto& [id, order] : orders_) *portfolio.add_orders() = order;
  for (const auto& [id, place] : places_) *portfolio.add_queue_positions() = place;
  for (const auto& fill : fills_) *portfolio.add_fills() = fill;
  portfolio.set_sequence_number(sequence_number_);
}

}  // namespace evx::gateway
