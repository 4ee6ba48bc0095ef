#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "evx/exchange/v1/exchange_service.pb.h"
#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"
#include "rpc/grpc_gate.h"

namespace evx::mock_kalshi {

using OrderStreamReactor =
    grpc::ServerBidiReactor<exchange::v1::OrderStreamRequest, exchange::v1::OrderStreamResponse>;
using OrderBatchStreamReactor = grpc::ServerBidiReactor<exchange::v1::OrderBatchStreamRequest,
                                                        exchange::v1::OrderBatchStreamResponse>;

// A message is read while fewer commands than this are under way or answered and not yet written;
// and a message holds at most as many.
inline constexpr int kOrderStreamCommandCountMax = 1'024;

// Open ExchangeService.OrderStream and OrderBatchStream for a caller that was let in. The reactor
// deletes itself when the stream has ended; nothing of it blocks. To faults a stream is a
// connection and each command a message; a command that is held holds those behind it. Everything
// passed must outlive the server.
OrderStreamReactor* OpenOrderStream(const ExchangeContext& context, const GrpcGate& gate,
                                    ReplyThread& replies, GrpcCaller caller);
OrderBatchStreamReactor* OpenOrderBatchStream(const ExchangeContext& context, const GrpcGate& gate,
                                              ReplyThread& replies, GrpcCaller caller);

}  // namespace evx::mock_kalshi
