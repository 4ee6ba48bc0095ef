#pragma once

#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "accounts/exchange_credentials.h"
#include "evx/core/clock.h"
#include "evx/exchange/v1/book_service.grpc.pb.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/exchange/v1/refusal.pb.h"

namespace evx::gateway {

// The exchange does not know the key of a call.
inline constexpr std::string_view kKeyRefused = "KeyRefused";
// Longest wait for the answer to one call.
inline constexpr absl::Duration kExchangeCallTimeout = absl::Seconds(5);
// Pages of lists are up to 1,000 orders or 10,000 marks.
inline constexpr int kExchangeMessageBytesMax = 16 << 20;

// The exchange's doors for participants; one for the process. Thread-safe.
struct ExchangeLink {
  std::unique_ptr<exchange::v1::ExchangeService::StubInterface> exchange;
  std::unique_ptr<exchange::v1::BookService::StubInterface> books;

  // Connects when it is first used.
  static absl::StatusOr<std::shared_ptr<ExchangeLink>> Open(const std::string& exchange_addr);
};

// Signs calls with the key of one account. Thread-safe.
class CallSigner {
 public:
  // `clock` must outlive it.
  CallSigner(ExchangeCredentials credentials, const Clock& clock)
      : credentials_(std::move(credentials)), clock_(clock) {}

  // Adds the access metadata for "/package.Service/Method" to a call.
  void Sign(grpc::ClientContext& call, const std::string& path) const;
  // A call of ExchangeService or BookService that is answered once: signed, with a time limit.
  void Prepare(grpc::ClientContext& call, const std::string& method) const;

 private:
  const ExchangeCredentials credentials_;
  const Clock& clock_;
};

// "/evx.exchange.v1.ExchangeService/<method>".
std::string ExchangePath(const std::string& method);
std::string BookPath(const std::string& method);

// Why a call failed: what the exchange said in its details, or else what became of the connection,
// with reason "ExchangeUnavailable" (nothing was done) or "ExchangeUnknown" (it may have been
// done), kKeyRefused, or "ExchangeRefused" with the text that came.
exchange::v1::Refusal RefusalOfCall(const grpc::Status& status);

}  // namespace evx::gateway
