#pragma once

#include <memory>

#include "evx/ops/v1/operator_service.grpc.pb.h"
#include "exchange/exchange_clock.h"
#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"

namespace evx::mock_kalshi {

// evx.ops.v1.OperatorService: for the operator's key and a listener of its own. Everything
// passed must outlive the server it is added to.
std::unique_ptr<grpc::Service> MakeOperatorService(const ExchangeContext& context,
                                                   ExchangeClock& clock, ReplyThread& replies);

}  // namespace evx::mock_kalshi
