#include "rpc/grpc_gate.h"

#include "evx/rpc/channel.h"
#include "evx/telemetry/trace_context.h"
#include "exchange/request_id.h"

namespace evx::mock_kalshi {
kalshi::Decoded<GrpcCaller> GrpcGate::Admit(const grpc::ServerContextBase& call,
                                            std::string_view path, venue::KeyScope scope) const {
  const auto result = context_.authenticator.Authenticate(
      {rpc::MetadataOf(call, "kalshi-access-key"), rpc::MetadataOf(call, "kalshi-access-timestamp"),
       rpc::MetadataOf(call, "kalshi-access-signature")},
      "POST", path);
  if (!result.principal) return result.error;
  if (!result.principal->HasScope(scope)) {
    return kalshi::MakeError(kalshi::error::kPermissionDenied, "key lacks the scope");
  }
  GrpcCaller caller;
  caller.principal = *result.principal;
  caller.meta.door = door_;
  caller.meta.key_id = caller.principal.key_id;
  const std::string peer = call.peer();
  caller.meta.remote_address = InlineString<64>(std::string_view(peer).substr(0, 64));
  caller.meta.request_id = NextRequestId();
  caller.meta.trace_id =
      telemetry::TraceFromHeader(rpc::MetadataOf(call, "traceparent")).trace_id.bytes();
  return caller;
}

kalshi::Decoded<std::optional<GrpcCaller>> GrpcGate::AdmitAnyone(
    const grpc::ServerContextBase& call, std::string_view path) const {
  if (rpc::MetadataOf(call, "kalshi-access-key").empty()) return std::optional<GrpcCaller>();
  auto caller = Admit(call, path, venue::kScopeRead);
  if (!caller.ok()) return caller.error();
  return std::optional(*std::move(caller));
}

std::optional<kalshi::Error> GrpcGate::Charge(const GrpcCaller& caller, RateBucket bucket,
                                              std::int64_t cost) const {
  if (context_.rate_limiter.Charge(caller.account(), caller.principal.tier, bucket, cost,
                                   context_.wall.Now())) {
    return std::nullopt;
  }
  return kalshi::MakeError(kalshi::error::kTooManyRequests);
}

bool GrpcGate::IsStillGood(const GrpcCaller& caller) const {
  return context_.authenticator.IsStillGood(caller.principal);
}

void GrpcGate::NextRequest(GrpcCaller& caller) { caller.meta.request_id = NextRequestId(); }

}  // namespace evx::mock_kalshi
