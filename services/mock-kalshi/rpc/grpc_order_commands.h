#pragma once

#include "access/authenticator.h"
#include "evx/exchange/v1/exchange_service.pb.h"
#include "evx/kalshi/decoded.h"
#include "evx/venue/commands.h"
#include "exchange/exchange_context.h"
#include "exchange/sequencer.h"

// Order requests as commands, and outcomes as responses; shared by the single calls and the stream.

namespace evx::mock_kalshi {

kalshi::Decoded<venue::Command> ToCommand(const exchange::v1::CreateOrderRequest& request,
                                          const Principal& principal,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const exchange::v1::CancelOrderRequest& request,
                                          const Principal& principal,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const exchange::v1::CancelAllOrdersRequest& request,
                                          const Principal& principal,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const exchange::v1::AmendOrderRequest& request,
                                          const Principal& principal,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const exchange::v1::DecreaseOrderRequest& request,
                                          const Principal& principal,
                                          const ExchangeContext& context);

// For outcomes that the exchange took.
void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  exchange::v1::CreateOrderResponse& response);
void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  exchange::v1::CancelOrderResponse& response);
void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  exchange::v1::CancelAllOrdersResponse& response);
void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  exchange::v1::AmendOrderResponse& response);
void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  exchange::v1::DecreaseOrderResponse& response);

// The subaccount a request names, or the one of the key, or the primary one.
kalshi::Decoded<SubaccountNumber> RequestedSubaccount(const Principal& principal, bool is_set,
                                                      std::int32_t requested);
// For lists and for orders that are named by their id: -1 is any.
kalshi::Decoded<std::int8_t> RequestedSubaccountOrAny(const Principal& principal, bool is_set,
                                                      std::int32_t requested);
// That as a filter of rows.
inline std::optional<SubaccountNumber> ToFilter(std::int8_t subaccount) {
  if (subaccount < 0) return std::nullopt;
  return static_cast<SubaccountNumber>(subaccount);
}
// The market with this ticker, or the error.
kalshi::Decoded<MarketId> FindMarket(const ExchangeContext& context, std::string_view ticker);

}  // namespace evx::mock_kalshi
