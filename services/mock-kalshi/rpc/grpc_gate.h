#pragma once

#include <grpcpp/server_context.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/authenticator.h"
#include "access/rate_limiter.h"
#include "evx/exchange/v1/exchange_service.pb.h"
#include "evx/kalshi/decoded.h"
#include "exchange/exchange_context.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// Who makes a call, once it was let in.
struct GrpcCaller {
  Principal principal;
  AuditMeta meta;
  AccountId account() const { return principal.account; }
};

// What every call passes before anything else: signature, scope, budget. Thread-safe.
class GrpcGate {
 public:
  GrpcGate(const ExchangeContext& context, Door door) : context_(context), door_(door) {}

  // `path` is "/package.Service/Method", the text that was signed.
  kalshi::Decoded<GrpcCaller> Admit(const grpc::ServerContextBase& call, std::string_view path,
                                    venue::KeyScope scope) const;
  // The same where a key is optional; no key is an empty caller.
  kalshi::Decoded<std::optional<GrpcCaller>> AdmitAnyone(const grpc::ServerContextBase& call,
                                                         std::string_view path) const;
  // The error when the account's budget does not cover `cost` tokens.
  std::optional<kalshi::Error> Charge(const GrpcCaller& caller, RateBucket bucket,
                                      std::int64_t cost) const;
  // False once the key is revoked or its account disabled; for open streams.
  bool IsStillGood(const GrpcCaller& caller) const;
  // The same caller's next command of a stream.
  static void NextRequest(GrpcCaller& caller);

 private:
  const ExchangeContext& context_;
  const Door door_;
};

}  // namespace evx::mock_kalshi
