#pragma once

#include <grpcpp/support/server_callback.h>

#include <optional>

#include "evx/events/v1/exchange_events.pb.h"
#include "evx/exchange/v1/exchange_service.pb.h"
#include "exchange/event_log.h"
#include "exchange/exchange_context.h"
#include "rpc/grpc_gate.h"

namespace evx::mock_kalshi {

// Opens ExchangeService.StreamEvents. Without a caller only public events are sent. The reactor
// deletes itself when the stream has ended; nothing of it blocks. Everything passed must outlive
// the server.
grpc::ServerWriteReactor<exchange::v1::StreamEventsResponse>* OpenEventStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
    std::optional<GrpcCaller> caller, const exchange::v1::StreamEventsRequest& request);

}  // namespace evx::mock_kalshi
