#include "rpc/grpc_faults.h"

#include <string>

#include "absl/hash/hash.h"
#include "rpc/grpc_errors.h"

namespace evx::mock_kalshi {

grpc::Status StatusOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kTooManyRequests:
      return ToGrpcStatus(ToRefusal(kalshi::MakeError(kalshi::error::kTooManyRequests)));
    case FaultKind::kUnavailable:
    case FaultKind::kUnavailableExecuted:
      return ToGrpcStatus(ToRefusal(kalshi::MakeError(kalshi::error::kServiceUnavailable)));
    case FaultKind::kDisconnect:
    case FaultKind::kDisconnectExecuted:
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection reset by peer");
    case FaultKind::kDelay:
    case FaultKind::kDrop:
    case FaultKind::kDuplicate:
    case FaultKind::kSequenceSkip:
    case FaultKind::kSequenceRepeat:
    case FaultKind::kJitter:
      break;
  }
  return grpc::Status::OK;  // None of a call's.
}

RequestFault FaultOf(const ExchangeContext& context, const grpc::ServerContextBase& call,
                     AccountId account, bool is_write) {
  if (!context.faults.active()) return {};
  const std::string peer = call.peer();
  return context.faults.OnRequest(FaultDoor::kGrpc, account, absl::Hash<std::string>()(peer),
                                  is_write);
}

}  // namespace evx::mock_kalshi
