#include "fix/fix_orders.h"

#include <utility>
#include <vector>

#include "evx/core/arithmetic.h"

namespace evx::mock_kalshi {

std::int64_t FixOrder::average_price_micros() const {
  if (filled.is_zero()) return 0;
  // Micro-dollars per contract of 100 hundredths; half up, for display only.
  return (fill_value.micros() * 100 + filled.centis() / 2) / filled.centis();
}

SequenceNumber FixOrders::Load(const ExchangeContext& context, AccountId account) {
  std::vector<OrderRow> rows;
  const SequenceNumber through = context.read_model.Read([&](const ReadModel::State& state) {
    if (const AccountState* found = state.FindAccount(account)) {
      for (const auto& [id, row] : found->open_orders) rows.push_back(*row);
    }
    return state.sequence_number;
  });
  for (const OrderRow& row : rows) {
    FixOrder order;
    order.order_id = row.order_id;
    order.wire_id = context.wire_ids.Encode(row.order_id);
    order.market = row.market;
    order.subaccount = row.subaccount;
    order.side = row.side;
    order.time_in_force = row.time_in_force;
    order.expiration = row.expiration;
    order.price = row.price;
    order.original = row.initial_quantity;
    order.filled = row.filled;
    order.remaining = row.remaining;
    // Rows count the NO price for an ask.
    const Money cost = row.maker_fill_cost + row.taker_fill_cost;
    order.fill_value = row.side == BookSide::kBid ? cost : FaceValue(row.filled) - cost;
    order.cl_ord_id = row.client_order_id.view();
    Insert(std::move(order));
  }
  return through;
}

FixOrder& FixOrders::Insert(FixOrder order) {
  const std::uint64_t id = order.order_id.value();
  if (!order.cl_ord_id.empty()) by_cl_ord_id_.insert_or_assign(order.cl_ord_id, id);
  return orders_.insert_or_assign(id, std::move(order)).first->second;
}

FixOrder& FixOrders::Add(const venue::OrderAccepted& event, const WireIdCodec& wire_ids) {
  FixOrder order;
  order.order_id = event.order_id;
  order.wire_id = wire_ids.Encode(event.order_id);
  order.market = event.market;
  order.subaccount = event.subaccount;
  order.side = event.side;
  order.time_in_force = event.time_in_force;
  order.expiration = event.expiration;
  order.price = event.price;
  order.original = event.quantity;
  order.remaining = event.quantity;
  order.cl_ord_id = event.client_order_id.view();
  return Insert(std::move(order));
}

FixOrder* FixOrders::Find(OrderId order_id) {
  const auto found = orders_.find(order_id.value());
  return found == orders_.end() ? nullptr : &found->second;
}

FixOrder* FixOrders::FindByClOrdId(std::string_view cl_ord_id) {
  const auto found = by_cl_ord_id_.find(cl_ord_id);
  return found == by_cl_ord_id_.end() ? nullptr : Find(OrderId(found->second));
}

void FixOrders::Rename(FixOrder& order, std::string_view cl_ord_id) {
  if (order.cl_ord_id == cl_ord_id || cl_ord_id.empty()) return;
  by_cl_ord_id_.erase(order.cl_ord_id);
  order.cl_ord_id = cl_ord_id;
  by_cl_ord_id_.insert_or_assign(order.cl_ord_id, order.order_id.value());
}

void FixOrders::Finish(const FixOrder& order) {
  finished_.push_back(order.order_id.value());
  if (finished_.size() <= kFinishedCountMax) return;
  const auto oldest = orders_.find(finished_.front());
  finished_.pop_front();
  if (oldest == orders_.end()) return;
  const auto name = by_cl_ord_id_.find(oldest->second.cl_ord_id);
  if (name != by_cl_ord_id_.end() && name->second == oldest->first) by_cl_ord_id_.erase(name);
  orders_.erase(oldest);
}

}  // namespace evx::mock_kalshi
