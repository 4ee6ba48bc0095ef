#include "trading/exchange_link.h"

#include <utility>

#include "evx/core/status.h"
#include "evx/rpc/channel.h"

namespace evx::gateway {

absl::StatusOr<std::shared_ptr<ExchangeLink>> ExchangeLink::Open(const std::string& exchange_addr) {
  rpc::ChannelOptions options;
  options.address = exchange_addr;
  options.message_bytes_max = kExchangeMessageBytesMax;
  options.reconnect_interval_max = absl::Seconds(1);
  EVX_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel(options));
  auto link = std::make_shared<ExchangeLink>();
  link->exchange = exchange::v1::ExchangeService::NewStub(channel);
  link->books = exchange::v1::BookService::NewStub(channel);
  return link;
}

void CallSigner::Sign(grpc::ClientContext& call, const std::string& path) const {
  SignCall(call, credentials_, path, clock_);
}

void CallSigner::Prepare(grpc::ClientContext& call, const std::string& method) const {
  Sign(call, ExchangePath(method));
  rpc::SetDeadline(call, kExchangeCallTimeout);
}

std::string ExchangePath(const std::string& method) {
  return "/evx.exchange.v1.ExchangeService/" + method;
}

std::string BookPath(const std::string& method) { return "/evx.exchange.v1.BookService/" + method; }

exchange::v1::Refusal RefusalOfCall(const grpc::Status& status) {
  exchange::v1::Refusal refusal;
  if (status.error_details().empty() || !refusal.ParseFromString(status.error_details())) {
    refusal.Clear();
    refusal.set_message(status.error_message());
  }
  refusal.set_code(static_cast<int>(status.error_code()));
  if (!refusal.reason().empty()) return refusal;
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      refusal.set_reason("ExchangeUnavailable");
      refusal.set_is_retryable(true);
      refusal.set_message("the exchange is not there: " + status.error_message());
      break;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
      refusal.set_reason("ExchangeUnknown");
      refusal.set_is_retryable(true);
      refusal.set_message(
          "the exchange did not answer in time; repeat the command to learn its end");
      break;
    case grpc::StatusCode::UNAUTHENTICATED:
      refusal.set_reason(std::string(kKeyRefused));
      break;
    default:
      refusal.set_reason("ExchangeRefused");
      break;
  }
  return refusal;
}

}  // namespace evx::gateway
