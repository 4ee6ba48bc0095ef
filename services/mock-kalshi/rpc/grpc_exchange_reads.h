#pragma once

#include "evx/exchange/v1/exchange_service.pb.h"
#include "evx/kalshi/decoded.h"
#include "exchange/exchange_context.h"
#include "rpc/grpc_gate.h"

// The reads of ExchangeService: requests in, responses out, without any gRPC.

namespace evx::mock_kalshi {

using kalshi::Decoded;

Decoded<exchange::v1::ListOrderGroupsResponse> Read(
    const ExchangeContext& context, const Principal& principal,
    const exchange::v1::ListOrderGroupsRequest& request);
Decoded<exchange::v1::GetOrderResponse> Read(const ExchangeContext& context,
                                             const Principal& principal,
                                             const exchange::v1::GetOrderRequest& request);
Decoded<exchange::v1::ListOrdersResponse> Read(const ExchangeContext& context,
                                               const Principal& principal,
                                               const exchange::v1::ListOrdersRequest& request);
Decoded<exchange::v1::ListFillsResponse> Read(const ExchangeContext& context,
                                              const Principal& principal,
                                              const exchange::v1::ListFillsRequest& request);
Decoded<exchange::v1::ListPositionsResponse> Read(
    const ExchangeContext& context, const Principal& principal,
    const exchange::v1::ListPositionsRequest& request);
Decoded<exchange::v1::ListSettlementsResponse> Read(
    const ExchangeContext& context, const Principal& principal,
    const exchange::v1::ListSettlementsRequest& request);
Decoded<exchange::v1::ListEquityMarksResponse> Read(
    const ExchangeContext& context, const Principal& principal,
    const exchange::v1::ListEquityMarksRequest& request);
Decoded<exchange::v1::GetBalanceResponse> Read(const ExchangeContext& context,
                                               const Principal& principal,
                                               const exchange::v1::GetBalanceRequest& request);

Decoded<exchange::v1::GetOrderBookResponse> Read(const ExchangeContext& context,
                                                 const exchange::v1::GetOrderBookRequest& request);
Decoded<exchange::v1::GetMarketResponse> Read(const ExchangeContext& context,
                                              const exchange::v1::GetMarketRequest& request);
Decoded<exchange::v1::ListMarketsResponse> Read(const ExchangeContext& context,
                                                const exchange::v1::ListMarketsRequest& request);
Decoded<exchange::v1::ListTradesResponse> Read(const ExchangeContext& context,
                                               const exchange::v1::ListTradesRequest& request);

}  // namespace evx::mock_kalshi
