#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "exchange/exchange_context.h"
#include "faults/fault_injector.h"

namespace evx::mock_kalshi {

// How the gRPC door does what a fault says. A gRPC connection carries many calls, so a disconnect
// ends the one call as a client sees a lost connection: UNAVAILABLE without details.

// What a call or command with a fault of this kind ends with.
grpc::Status StatusOf(FaultKind kind);

// What becomes of this call; draws.
RequestFault FaultOf(const ExchangeContext& context, const grpc::ServerContextBase& call,
                     AccountId account, bool is_write);

// Finishes the call with `status`, or as its fault has it.
inline void FinishAsFault(const ExchangeContext& context, grpc::ServerUnaryReactor* reactor,
                          grpc::Status status, const RequestFault& fault) {
  if (fault.spoils_answer()) status = StatusOf(*fault.kind);
  if (fault.answer_hold <= absl::ZeroDuration()) return reactor->Finish(status);
  context.faults.delays().Post(fault.answer_hold,
                               [reactor, status = std::move(status)] { reactor->Finish(status); });
}

// Calls `run(fault, reactor)`, which finishes the reactor, now or once the fault's time is over; or
// finishes it as the fault has it. A context gives its reactor once: a second DefaultReactor would
// be one that nobody waits for.
template <class Run>
grpc::ServerUnaryReactor* RunWithFault(const ExchangeContext& context,
                                       grpc::CallbackServerContext* call, AccountId account,
                                       bool is_write, Run run) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  const RequestFault fault = FaultOf(context, *call, account, is_write);
  if (!fault.any()) {
    run(fault, reactor);
    return reactor;
  }
  context.faults.delays().Post(fault.hold, [reactor, fault, run = std::move(run)]() mutable {
    if (fault.refuses()) {
      reactor->Finish(StatusOf(*fault.kind));
    } else {
      run(fault, reactor);
    }
  });
  return reactor;
}

}  // namespace evx::mock_kalshi
