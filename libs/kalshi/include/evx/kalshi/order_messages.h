#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/terms.h"

// Answers about orders and order groups. Encoded and decoded as messages.h says. Timestamps that
// are zero are absent.

namespace evx::kalshi {

// One order as GET /portfolio/orders shows it.
struct Order {
  std::string order_id;
  std::string user_id;
  // Empty when the client sent none.
  std::string client_order_id;
  std::string ticker;
  BookSide book_side = BookSide::kBid;
  // In whose words the deprecated side and action are written.
  OrderAction action = OrderAction::kBuy;
  OrderStatus status = OrderStatus::kResting;
  Price yes_price;
  Quantity fill_count;
  Quantity remaining_count;
  Quantity initial_count;
  Money taker_fill_cost;
  Money maker_fill_cost;
  Money taker_fees;
  Money maker_fees;
  Timestamp expiration_time;
  Timestamp created_time;
  Timestamp last_update_time;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  std::optional<std::string> order_group_id;
  bool cancel_order_on_pause = false;
  std::optional<SubaccountNumber> subaccount_number;
  std::int32_t exchange_index = 0;
  friend bool operator==(const Order&, const Order&) = default;
};

struct OrderResponse {
  Order order;
  friend bool operator==(const OrderResponse&, const OrderResponse&) = default;
};

struct OrdersResponse {
  std::vector<Order> orders;
  // Empty on the last page, here and in every list.
  std::string cursor;
  friend bool operator==(const OrdersResponse&, const OrdersResponse&) = default;
};

// POST /portfolio/events/orders, 201: the exchange took the order; what became of it is in the
// counts.
struct CreateOrderResponse {
  std::string order_id;
  std::optional<std::string> client_order_id;
  Quantity fill_count;
  Quantity remaining_count;
  // Per contract; only when fill_count is above 0.
  std::optional<Money> average_fill_price;
  std::optional<Money> average_fee_paid;
  Timestamp time;
  friend bool operator==(const CreateOrderResponse&, const CreateOrderResponse&) = default;
};

struct CancelOrderResponse {
  std::string order_id;
  std::optional<std::string> client_order_id;
  // What rested.
  Quantity reduced_by;
  Timestamp time;
  friend bool operator==(const CancelOrderResponse&, const CancelOrderResponse&) = default;
};

struct AmendOrderResponse {
  std::string order_id;
  std::optional<std::string> client_order_id;
  // Null when nothing filled and the resting size did not change.
  std::optional<Quantity> remaining_count;
  // Fills of the amend alone; null likewise. The averages are null without a fill.
  std::optional<Quantity> fill_count;
  std::optional<Money> average_fill_price;
  std::optional<Money> average_fee_paid;
  Timestamp time;
  friend bool operator==(const AmendOrderResponse&, const AmendOrderResponse&) = default;
};

struct DecreaseOrderResponse {
  std::string order_id;
  std::optional<std::string> client_order_id;
  Quantity remaining_count;
  Timestamp time;
  friend bool operator==(const DecreaseOrderResponse&, const DecreaseOrderResponse&) = default;
};

// One item of a batch create: the created order, or `error`. Of the error only code, message and
// details are on the wire.
struct BatchCreateItem {
  std::optional<std::string> order_id;
  std::optional<std::string> client_order_id;
  std::optional<Quantity> fill_count;
  std::optional<Quantity> remaining_count;
  std::optional<Money> average_fill_price;
  std::optional<Money> average_fee_paid;
  Timestamp time;
  std::optional<Error> error;
  friend bool operator==(const BatchCreateItem&, const BatchCreateItem&) = default;
};
BatchCreateItem ToBatchItem(CreateOrderResponse response);
BatchCreateItem ToBatchCreateItem(std::optional<std::string> client_order_id, Error error);

struct BatchCreateOrdersResponse {
  std::vector<BatchCreateItem> orders;
  friend bool operator==(const BatchCreateOrdersResponse&,
                         const BatchCreateOrdersResponse&) = default;
};

// One item of a batch cancel; with `error` nothing was reduced and there is no time.
struct BatchCancelItem {
  std::string order_id;
  std::optional<std::string> client_order_id;
  Quantity reduced_by;
  Timestamp time;
  std::optional<Error> error;
  friend bool operator==(const BatchCancelItem&, const BatchCancelItem&) = default;
};

struct BatchCancelOrdersResponse {
  std::vector<BatchCancelItem> orders;
  friend bool operator==(const BatchCancelOrdersResponse&,
                         const BatchCancelOrdersResponse&) = default;
};

struct QueuePosition {
  std::string order_id;
  std::string market_ticker;
  // Contracts ahead of the order at its price.
  Quantity queue_position;
  friend bool operator==(const QueuePosition&, const QueuePosition&) = default;
};

struct QueuePositionResponse {
  Quantity queue_position;
  friend bool operator==(const QueuePositionResponse&, const QueuePositionResponse&) = default;
};

struct QueuePositionsResponse {
  std::vector<QueuePosition> queue_positions;
  friend bool operator==(const QueuePositionsResponse&, const QueuePositionsResponse&) = default;
};

struct OrderGroup {
  std::string id;
  std::optional<Quantity> contracts_limit;
  bool is_auto_cancel_enabled = true;
  std::int32_t exchange_index = 0;
  friend bool operator==(const OrderGroup&, const OrderGroup&) = default;
};

struct OrderGroupsResponse {
  std::vector<OrderGroup> order_groups;
  friend bool operator==(const OrderGroupsResponse&, const OrderGroupsResponse&) = default;
};

struct OrderGroupResponse {
  bool is_auto_cancel_enabled = true;
  std::optional<Quantity> contracts_limit;
  // Ids of its resting orders.
  std::vector<std::string> orders;
  std::int32_t exchange_index = 0;
  friend bool operator==(const OrderGroupResponse&, const OrderGroupResponse&) = default;
};

struct CreateOrderGroupResponse {
  std::string order_group_id;
  SubaccountNumber subaccount = 0;
  std::int32_t exchange_index = 0;
  friend bool operator==(const CreateOrderGroupResponse&,
                         const CreateOrderGroupResponse&) = default;
};

// The older order family, whose answers wrap whole orders.
struct LegacyCancelOrderResponse {
  Order order;
  Quantity reduced_by;
  friend bool operator==(const LegacyCancelOrderResponse&,
                         const LegacyCancelOrderResponse&) = default;
};

struct LegacyAmendOrderResponse {
  Order old_order;
  Order order;
  friend bool operator==(const LegacyAmendOrderResponse&,
                         const LegacyAmendOrderResponse&) = default;
};

struct LegacyBatchCreateItem {
  std::optional<std::string> client_order_id;
  std::optional<Order> order;
  std::optional<Error> error;
  friend bool operator==(const LegacyBatchCreateItem&, const LegacyBatchCreateItem&) = default;
};

struct LegacyBatchCreateOrdersResponse {
  std::vector<LegacyBatchCreateItem> orders;
  friend bool operator==(const LegacyBatchCreateOrdersResponse&,
                         const LegacyBatchCreateOrdersResponse&) = default;
};

struct LegacyBatchCancelItem {
  std::string order_id;
  std::optional<Order> order;
  Quantity reduced_by;
  std::optional<Error> error;
  friend bool operator==(const LegacyBatchCancelItem&, const LegacyBatchCancelItem&) = default;
};

struct LegacyBatchCancelOrdersResponse {
  std::vector<LegacyBatchCancelItem> orders;
  friend bool operator==(const LegacyBatchCancelOrdersResponse&,
                         const LegacyBatchCancelOrdersResponse&) = default;
};

}  // namespace evx::kalshi
