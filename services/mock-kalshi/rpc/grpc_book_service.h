#pragma once

#include <memory>

#include "evx/exchange/v1/book_service.grpc.pb.h"
#include "exchange/event_log.h"
#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"

namespace evx::mock_kalshi {

// evx.exchange.v1.BookService over the event log and the read model. No stream has a thread of its
// own. Everything passed must outlive the server it is added to.
std::unique_ptr<grpc::Service> MakeBookService(const ExchangeContext& context, ReplyThread& replies,
                                               EventLog& log);

}  // namespace evx::mock_kalshi
