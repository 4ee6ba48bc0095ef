#include "evx/kalshi/order_messages.h"

#include "message_archive.h"

namespace evx::kalshi {

// An error inside a batch: code, message and details, all three always.
template <class Archive, Is<Error> M>
void Members(Archive& a, M& m) {
  a.Text("code", m.code);
  a.Text("message", m.message);
  a.Text("details", m.details);
  if constexpr (!std::is_const_v<M>) {
    if (const ErrorCode* row = FindErrorCode(m.code)) m.http_status = row->http_status;
  }
}

// The direction of an order in the current words and in the deprecated ones.
template <class Archive, class M>
void DirectionMembers(Archive& a, M& m) {
  a.Word("book_side", m.book_side);
  a.EchoWord("outcome_side", OutcomeSide(m.book_side));
  a.EchoWord("side", ToContractSide(m.action, m.book_side));
  a.Word("action", m.action);
  if constexpr (!std::is_const_v<M>) ReadOlderDirection(a.object(), m.action, m.book_side);
}

template <class Archive, Is<Order> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.Text("user_id", m.user_id);
  a.Text("client_order_id", m.client_order_id);
  a.Text("ticker", m.ticker);
  DirectionMembers(a, m);
  a.EchoText("type", "limit");
  a.Word("status", m.status);
  a.DollarPrice("yes_price_dollars", m.yes_price);
  a.EchoPrice("no_price_dollars", m.yes_price.Complement());
  a.Count("fill_count_fp", m.fill_count);
  a.Count("remaining_count_fp", m.remaining_count);
  a.Count("initial_count_fp", m.initial_count);
  a.Money6("taker_fill_cost_dollars", m.taker_fill_cost);
  a.Money6("maker_fill_cost_dollars", m.maker_fill_cost);
  a.Money6("taker_fees_dollars", m.taker_fees);
  a.Money6("maker_fees_dollars", m.maker_fees);
  a.TimeOrNull("expiration_time", m.expiration_time);
  a.TimeOrNull("created_time", m.created_time);
  a.TimeIf("last_update_time", m.last_update_time);
  a.Word("self_trade_prevention_type", m.self_trade_prevention);
  a.TextOrNull("order_group_id", m.order_group_id);
  a.Bool("cancel_order_on_pause", m.cancel_order_on_pause);
  a.IntIf("subaccount_number", m.subaccount_number);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<OrderResponse> M>
void Members(Archive& a, M& m) {
  a.Object("order", m.order);
}

template <class Archive, Is<OrdersResponse> M>
void Members(Archive& a, M& m) {
  a.List("orders", m.orders);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<CreateOrderResponse> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.TextIf("client_order_id", m.client_order_id);
  a.Count("fill_count", m.fill_count);
  a.Count("remaining_count", m.remaining_count);
  a.Money4If("average_fill_price", m.average_fill_price);
  a.Money4If("average_fee_paid", m.average_fee_paid);
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<CancelOrderResponse> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.TextIf("client_order_id", m.client_order_id);
  a.Count("reduced_by", m.reduced_by);
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<AmendOrderResponse> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.TextIf("client_order_id", m.client_order_id);
  a.CountOrNull("remaining_count", m.remaining_count);
  a.CountOrNull("fill_count", m.fill_count);
  a.Money4OrNull("average_fill_price", m.average_fill_price);
  a.Money4OrNull("average_fee_paid", m.average_fee_paid);
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<DecreaseOrderResponse> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.TextIf("client_order_id", m.client_order_id);
  a.Count("remaining_count", m.remaining_count);
  a.Millis("ts_ms", m.time);
}

template <class Archive, Is<BatchCreateItem> M>
void Members(Archive& a, M& m) {
  a.TextIf("order_id", m.order_id);
  a.TextOrNull("client_order_id", m.client_order_id);
  a.CountIf("fill_count", m.fill_count);
  a.CountIf("remaining_count", m.remaining_count);
  a.Money4If("average_fill_price", m.average_fill_price);
  a.Money4If("average_fee_paid", m.average_fee_paid);
  a.MillisOrNull("ts_ms", m.time);
  a.ObjectOrNull("error", m.error);
}

template <class Archive, Is<BatchCreateOrdersResponse> M>
void Members(Archive& a, M& m) {
  a.List("orders", m.orders);
}

template <class Archive, Is<BatchCancelItem> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.TextOrNull("client_order_id", m.client_order_id);
  a.Count("reduced_by", m.reduced_by);
  a.MillisOrNull("ts_ms", m.time);
  a.ObjectOrNull("error", m.error);
}

template <class Archive, Is<BatchCancelOrdersResponse> M>
void Members(Archive& a, M& m) {
  a.List("orders", m.orders);
}

template <class Archive, Is<QueuePosition> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.Text("market_ticker", m.market_ticker);
  a.Count("queue_position_fp", m.queue_position);
}

template <class Archive, Is<QueuePositionResponse> M>
void Members(Archive& a, M& m) {
  a.Count("queue_position_fp", m.queue_position);
}

template <class Archive, Is<QueuePositionsResponse> M>
void Members(Archive& a, M& m) {
  a.List("queue_positions", m.queue_positions);
}

template <class Archive, Is<OrderGroup> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.CountIf("contracts_limit_fp", m.contracts_limit);
  a.Bool("is_auto_cancel_enabled", m.is_auto_cancel_enabled);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<OrderGroupsResponse> M>
void Members(Archive& a, M& m) {
  a.List("order_groups", m.order_groups);
}

template <class Archive, Is<OrderGroupResponse> M>
void Members(Archive& a, M& m) {
  a.Bool("is_auto_cancel_enabled", m.is_auto_cancel_enabled);
  a.CountIf("contracts_limit_fp", m.contracts_limit);
  a.Texts("orders", m.orders);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<CreateOrderGroupResponse> M>
void Members(Archive& a, M& m) {
  a.Text("order_group_id", m.order_group_id);
  a.Int("subaccount", m.subaccount);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<LegacyCancelOrderResponse> M>
void Members(Archive& a, M& m) {
  a.Object("order", m.order);
  a.Count("reduced_by_fp", m.reduced_by);
}

template <class Archive, Is<LegacyAmendOrderResponse> M>
void Members(Archive& a, M& m) {
  a.Object("old_order", m.old_order);
  a.Object("order", m.order);
}

template <class Archive, Is<LegacyBatchCreateItem> M>
void Members(Archive& a, M& m) {
  a.TextOrNull("client_order_id", m.client_order_id);
  a.ObjectOrNull("order", m.order);
  a.ObjectOrNull("error", m.error);
}

template <class Archive, Is<LegacyBatchCreateOrdersResponse> M>
void Members(Archive& a, M& m) {
  a.List("orders", m.orders);
}

template <class Archive, Is<LegacyBatchCancelItem> M>
void Members(Archive& a, M& m) {
  a.Text("order_id", m.order_id);
  a.ObjectOrNull("order", m.order);
  a.Count("reduced_by_fp", m.reduced_by);
  a.ObjectOrNull("error", m.error);
}

template <class Archive, Is<LegacyBatchCancelOrdersResponse> M>
void Members(Archive& a, M& m) {
  a.List("orders", m.orders);
}

EVX_KALSHI_MESSAGE(EmptyResponse);
EVX_KALSHI_MESSAGE(Order);
EVX_KALSHI_MESSAGE(OrderResponse);
EVX_KALSHI_MESSAGE(OrdersResponse);
EVX_KALSHI_MESSAGE(CreateOrderResponse);
EVX_KALSHI_MESSAGE(CancelOrderResponse);
EVX_KALSHI_MESSAGE(AmendOrderResponse);
EVX_KALSHI_MESSAGE(DecreaseOrderResponse);
EVX_KALSHI_MESSAGE(BatchCreateOrdersResponse);
EVX_KALSHI_MESSAGE(BatchCancelOrdersResponse);
EVX_KALSHI_MESSAGE(QueuePositionResponse);
EVX_KALSHI_MESSAGE(QueuePositionsResponse);
EVX_KALSHI_MESSAGE(OrderGroupsResponse);
EVX_KALSHI_MESSAGE(OrderGroupResponse);
EVX_KALSHI_MESSAGE(CreateOrderGroupResponse);
EVX_KALSHI_MESSAGE(LegacyCancelOrderResponse);
EVX_KALSHI_MESSAGE(LegacyAmendOrderResponse);
EVX_KALSHI_MESSAGE(LegacyBatchCreateOrdersResponse);
EVX_KALSHI_MESSAGE(LegacyBatchCancelOrdersResponse);

BatchCreateItem ToBatchItem(CreateOrderResponse response) {
  BatchCreateItem item;
  item.order_id = std::move(response.order_id);
  item.client_order_id = std::move(response.client_order_id);
  item.fill_count = response.fill_count;
  item.remaining_count = response.remaining_count;
  item.average_fill_price = response.average_fill_price;
  item.average_fee_paid = response.average_fee_paid;
  item.time = response.time;
  return item;
}

BatchCreateItem ToBatchCreateItem(std::optional<std::string> client_order_id, Error error) {
  BatchCreateItem item;
  item.client_order_id = std::move(client_order_id);
  item.error = std::move(error);
  return item;
}

}  // namespace evx::kalshi
