#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <optional>
#include <utility>

#include "exchange/exchange_context.h"
#include "exchange/reply_thread.h"
#include "exchange/sequencer.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_faults.h"

// What the calls of every gRPC service share.

namespace evx::mock_kalshi {

inline grpc::ServerUnaryReactor* FinishCall(grpc::CallbackServerContext* call,
                                            const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// A stream that is refused before it begins; Base is its reactor.
template <class Base>
class RefusedStream final : public Base {
 public:
  explicit RefusedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

template <class Error>
grpc::ServerUnaryReactor* RefuseCall(grpc::CallbackServerContext* call, const Error& error) {
  return FinishCall(call, ToGrpcStatus(ToRefusal(error)));
}

// Submits the command; once it is durable, finishes the call with the refusal or, after `fill` has
// written the response, with OK. A fault of the call spoils either.
template <class Fill>
void SubmitCall(const ExchangeContext& context, ReplyThread& replies,
                grpc::ServerUnaryReactor* reactor, venue::Command command, const AuditMeta& meta,
                Fill fill, const RequestFault& fault = {}) {
  const absl::Status queued = context.sequencer.Submit(
      std::move(command), meta,
      [&context, &replies, reactor, fault, fill = std::move(fill)](const Outcome& outcome) {
        grpc::Status status = grpc::Status::OK;
        if (const auto refusal = RefusalOf(outcome, context.wire_ids)) {
          status = ToGrpcStatus(*refusal);
        } else {
          fill(outcome);
        }
        replies.Post([&context, reactor, fault, status = std::move(status)] {
          FinishAsFault(context, reactor, status, fault);
        });
      });
  if (!queued.ok()) reactor->Finish(ToGrpcStatus(ToRefusal(queued)));
}

inline std::int64_t ToWire(SequenceNumber sequence_number) {
  return static_cast<std::int64_t>(sequence_number.value());
}

}  // namespace evx::mock_kalshi
