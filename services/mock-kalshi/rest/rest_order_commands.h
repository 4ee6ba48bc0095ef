#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/kalshi/decoded.h"
#include "evx/kalshi/requests.h"
#include "evx/venue/commands.h"
#include "rest/rest_support.h"

// Order requests as commands: ids for names, the key's subaccount for none. Shared by the present
// and the older order family.

namespace evx::mock_kalshi {

kalshi::Decoded<venue::CreateOrder> ToCreateCommand(const kalshi::CreateOrderRequest& request,
                                                    const Principal& principal,
                                                    const ExchangeContext& context);
// A market_ticker is there for routing: it must exist, and the order is found by its id.
kalshi::Decoded<venue::CancelOrder> ToCancelCommand(const ExchangeContext& context,
                                                    const Principal& principal,
                                                    const kalshi::CancelOrderItem& item);
kalshi::Decoded<venue::DecreaseOrder> ToDecreaseCommand(
    const ExchangeContext& context, const Principal& principal, std::string_view order_id,
    std::optional<SubaccountNumber> subaccount, const kalshi::DecreaseOrderRequest& request);

// Lowers the limit of an order that could cost more than `most` to what each contract may then
// cost. Needs a valid price and quantity.
enum class CostBound : std::uint8_t {
  kWithin,      // Nothing to do.
  kLowered,     // To be filled as a whole or not at all.
  kImpossible,  // No valid price is that low.
};
CostBound BoundCost(venue::CreateOrder& command, Money most, const ExchangeContext& context);

// `not_found` for text that is no order id of this exchange: nothing is said about orders of
// others.
kalshi::Decoded<OrderId> DecodeOrderId(const ExchangeContext& context, std::string_view text);
venue::ClientOrderId ToClientOrderId(const std::optional<std::string>& text);

// DELETE of one order, of either family: the order of the path with the scope of the query.
kalshi::Decoded<venue::CancelOrder> DecodeCancel(const ExchangeContext& context,
                                                 const RestRequest& request,
                                                 std::string_view operation);

}  // namespace evx::mock_kalshi
