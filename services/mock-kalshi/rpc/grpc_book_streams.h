#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <vector>

#include "evx/exchange/v1/book_service.pb.h"
#include "exchange/event_log.h"
#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"
#include "read_model/history.h"
#include "rpc/grpc_gate.h"

// The streams of evx.exchange.v1.BookService. Each deletes itself when it has ended and never
// blocks; everything passed must outlive the server.

namespace evx::mock_kalshi {

// Books of the markets, which exist.
grpc::ServerWriteReactor<exchange::v1::StreamBooksResponse>* OpenBookStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
    std::optional<GrpcCaller> caller, std::vector<MarketId> markets);

// Trades of the markets (none: of all) from `start` on (0: from now on).
grpc::ServerWriteReactor<exchange::v1::StreamTradesResponse>* OpenTradeStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
    std::optional<GrpcCaller> caller, std::vector<MarketId> markets, SequenceNumber start);

// Places of the resting orders that `orders` finds.
grpc::ServerWriteReactor<exchange::v1::StreamQueuePositionsResponse>* OpenQueuePositionStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log, ReplyThread& replies,
    GrpcCaller caller, OrderQuery orders);

}  // namespace evx::mock_kalshi
