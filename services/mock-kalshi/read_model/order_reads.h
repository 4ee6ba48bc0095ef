#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange/exchange_context.h"
#include "read_model/history.h"

// Orders as every door shows them: live ones and history as one list.

namespace evx::mock_kalshi {

// The order, live or finished, if it is the account's.
absl::StatusOr<std::optional<OrderRow>> FindOrder(const ExchangeContext& context, AccountId account,
                                                  OrderId order_id);

// Live orders, newest first.
std::vector<OrderRow> LiveOrders(const ExchangeContext& context, const OrderQuery& query);

// Live and finished orders as one list, newest first. The live ones are read first: an order that
// finishes in between is then in both, and the finished form wins.
absl::StatusOr<std::vector<OrderRow>> AllOrders(const ExchangeContext& context,
                                                const OrderQuery& query, bool with_live,
                                                bool with_finished);

}  // namespace evx::mock_kalshi
