#pragma once

#include <memory>

#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "exchange/event_log.h"
#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"

namespace evx::mock_kalshi {

// evx.exchange.v1.ExchangeService over the sequencer and the read model. Uses the callback API: no
// call or stream has a thread of its own. Everything passed must outlive the server it is added to.
std::unique_ptr<grpc::Service> MakeExchangeService(const ExchangeContext& context,
                                                   ReplyThread& replies, EventLog& log);

}  // namespace evx::mock_kalshi
