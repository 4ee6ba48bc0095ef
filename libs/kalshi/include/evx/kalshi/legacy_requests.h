#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/kalshi/requests.h"

// The older order family, POST/DELETE /portfolio/orders..., which the venue answers with 410 since
// June 2026. Decoded into the terms of the current family so that a door serves both with one path:
// (buy, yes) and (sell, no) are bids, (buy, no) and (sell, yes) asks, prices become prices of YES.
//
// Here counts and prices may be integers (contracts, cents) or decimals in strings; when both forms
// of a count are sent they must be equal. Exactly one price must be sent.

namespace evx::kalshi {

// POST /portfolio/orders. Defaults: good till canceled, taker at cross.
struct LegacyCreateOrderRequest {
  CreateOrderRequest order;
  // Which words the client used; `order.side` follows from them.
  OrderAction action = OrderAction::kBuy;
  // Most that the order may cost, without fees; buying only. It makes the order fill or kill.
  std::optional<Money> buy_max_cost;
};

struct LegacyBatchCreateOrdersRequest {
  std::vector<Decoded<LegacyCreateOrderRequest>> orders;
};

// POST /portfolio/orders/{order_id}/amend. A count that is absent keeps the order's.
struct LegacyAmendOrderRequest {
  std::string ticker;
  BookSide side = BookSide::kBid;
  OrderAction action = OrderAction::kBuy;
  Price price;
  std::optional<Quantity> count;
  std::optional<std::string> client_order_id;
  std::optional<std::string> updated_client_order_id;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::int32_t> exchange_index;
};

// POST /portfolio/orders/{order_id}/decrease.
struct LegacyDecreaseOrderRequest {
  DecreaseOrderRequest decrease;
  std::optional<SubaccountNumber> subaccount;
};

Decoded<LegacyCreateOrderRequest> DecodeLegacyCreateOrder(std::string_view body);
Decoded<LegacyBatchCreateOrdersRequest> DecodeLegacyBatchCreateOrders(std::string_view body);
// Takes "orders" or the older "ids".
Decoded<BatchCancelOrdersRequest> DecodeLegacyBatchCancelOrders(std::string_view body);
Decoded<LegacyAmendOrderRequest> DecodeLegacyAmendOrder(std::string_view body);
Decoded<LegacyDecreaseOrderRequest> DecodeLegacyDecreaseOrder(std::string_view body);

}  // namespace evx::kalshi
