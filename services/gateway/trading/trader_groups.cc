// Order groups.

#include <utility>

#include "trading/trader.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

}  // namespace

// Asked for once: a group has no name of the client's by which the exchange would know a second
// request for the first one's. Where the answer is missing, the command has ended, so that it makes
// no second group when it comes again.
void Trader::CreateGroup(const CommandPtr& command) {
  v1::CommandResult result;
  result.set_command_id(command->id);
  pb::CreateOrderGroupRequest request;
  request.set_limit_centis(command->request.create_order_group().limit_centis());
  pb::CreateOrderGroupResponse response;
  grpc::ClientContext call;
  link_signer_->Prepare(call, "CreateOrderGroup");
  const grpc::Status status = parts_.link.exchange->CreateOrderGroup(&call, request, &response);
  if (status.ok()) {
    result.set_order_group_id(response.order_group_id());
    result.set_sequence_number(response.sequence_number());
  } else {
    SetRefusal(RefusalOfCall(status), result);
    const bool has_answered = status.error_code() != grpc::StatusCode::UNAVAILABLE;
    if (!has_answered || result.refusal_reason() == "ExchangeUnknown") {
      result.set_refusal_reason("ExchangeUnknown");
      result.set_refusal_message(
          "the exchange did not answer; the list of the order groups tells whether there is a new "
          "one");
      result.set_is_retryable(false);
    }
    if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) signer_.Forget();
  }
  Finish(command, std::move(result));
}

void Trader::ResetGroup(const CommandPtr& command) {
  v1::CommandResult result;
  result.set_command_id(command->id);
  pb::ResetOrderGroupRequest request;
  request.set_order_group_id(command->request.reset_order_group().order_group_id());
  pb::ResetOrderGroupResponse response;
  const grpc::Status status = Insist(command, "ResetOrderGroup", [&](auto& exchange, auto* call) {
    return exchange.ResetOrderGroup(call, request, &response);
  });
  if (status.ok()) {
    result.set_sequence_number(response.sequence_number());
  } else {
    SetRefusal(RefusalOfCall(status), result);
  }
  Finish(command, std::move(result));
}

}  // namespace evx::gateway
