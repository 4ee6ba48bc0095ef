#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "evx/exchange/v1/exchange_service.pb.h"
#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"
#include "rpc/grpc_gate.h"

namespace evx::mock_kalshi {

// Opens ExchangeService.OrderStream for a caller that was let in. The reactor deletes itself when
// the stream has ended; nothing of it blocks, and it holds at most kOrderStreamCommandCountMax
// commands and answers. To faults a stream is a connection and each command a message; a command
// that is held holds those behind it. Everything passed must outlive the server.
grpc::ServerBidiReactor<exchange::v1::OrderStreamRequest, exchange::v1::OrderStreamResponse>*
OpenOrderStream(const ExchangeContext& context, const GrpcGate& gate, ReplyThread& replies,
                GrpcCaller caller);

inline constexpr int kOrderStreamCommandCountMax = 1'024;

}  // namespace evx::mock_kalshi
