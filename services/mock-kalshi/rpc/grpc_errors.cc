#include "rpc/grpc_errors.h"

#include <string>

#include "evx/core/status.h"
#include "evx/rpc/status.h"

namespace evx::mock_kalshi {

namespace pb = exchange::v1;

absl::StatusCode GrpcCodeOf(venue::RejectReason reason) {
  using enum venue::RejectReason;
  using absl::StatusCode;
  switch (reason) {
    case kExchangePaused:
    case kTradingPaused:
    case kOrderCountAtMax:
      return StatusCode::kUnavailable;
    case kUnknownAccount:
    case kUnknownSubaccount:
    case kUnknownMarket:
    case kUnknownOrder:
    case kUnknownOrderGroup:
    case kUnknownSeries:
    case kUnknownEvent:
    case kUnknownKey:
    case kUnknownTrade:
      return StatusCode::kNotFound;
    case kAccountDisabled:
      return StatusCode::kPermissionDenied;
    case kDuplicateClientOrderId:
    case kDuplicateTransfer:
    case kAlreadyExists:
    case kAlreadyBusted:
      return StatusCode::kAlreadyExists;
    case kOpenOrderCountAtMax:
    case kSubaccountCountAtMax:
    case kOrderGroupCountAtMax:
    case kCountAtMax:
      return StatusCode::kResourceExhausted;
    case kTickerMismatch:
    case kBookSideMismatch:
    case kClientOrderIdMismatch:
    case kInvalidPrice:
    case kInvalidQuantity:
    case kExpirationInPast:
    case kExpirationNotAllowed:
    case kPostOnlyNotAllowed:
    case kReduceOnlyNotImmediate:
    case kNotADecrease:
    case kAmendBelowFilled:
    case kInvalidAmount:
    case kInvalidLimit:
    case kInvalidTicker:
    case kInvalidDefinition:
    case kInvalidResult:
      return StatusCode::kInvalidArgument;
    case kMarketInactive:
    case kOrderGroupTriggered:
    case kNothingToReduce:
    case kInsufficientBalance:
    case kPostOnlyWouldCross:
    case kFillOrKillInsufficientVolume:
    case kSelfCross:
    case kInsufficientFunds:
    case kInvalidTransition:
    case kBookNotEmpty:
    case kReversalOverdraws:
      return StatusCode::kFailedPrecondition;
  }
  return StatusCode::kInternal;
}

namespace {

absl::StatusCode CodeOfHttp(int http_status) {
  using absl::StatusCode;
  if (http_status == 401) return StatusCode::kUnauthenticated;
  if (http_status == 403) return StatusCode::kPermissionDenied;
  if (http_status == 404) return StatusCode::kNotFound;
  if (http_status == 409) return StatusCode::kAlreadyExists;
  if (http_status == 429) return StatusCode::kResourceExhausted;
  if (http_status == 501) return StatusCode::kUnimplemented;
  if (http_status == 503) return StatusCode::kUnavailable;
  return http_status >= 500 ? StatusCode::kInternal : StatusCode::kInvalidArgument;
}

bool IsRetryable(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted;
}

}  // namespace

pb::Refusal ToRefusal(venue::RejectReason reason, const venue::CommandResult& result,
                      const WireIdCodec& wire_ids) {
  pb::Refusal refusal;
  refusal.set_code(static_cast<int>(GrpcCodeOf(reason)));
  refusal.set_reason(std::string(venue::Name(reason)));
  refusal.set_message("refused: " + refusal.reason());
  refusal.set_is_retryable(venue::IsRetryable(reason));
  if (reason == venue::RejectReason::kDuplicateClientOrderId && result.order_id) {
    refusal.set_order_id(wire_ids.Encode(result.order_id));
    refusal.set_message("order " + refusal.order_id() + " has this client order id");
  }
  return refusal;
}

pb::Refusal ToRefusal(const absl::Status& status) {
  pb::Refusal refusal;
  refusal.set_code(static_cast<int>(status.code()));
  refusal.set_message(MessageOf(status));
  refusal.set_is_retryable(IsRetryable(status.code()));
  return refusal;
}

pb::Refusal ToRefusal(const kalshi::Error& error) {
  const absl::StatusCode code = CodeOfHttp(error.http_status);
  pb::Refusal refusal;
  refusal.set_code(static_cast<int>(code));
  refusal.set_message(error.details.empty() ? error.message : error.message + ": " + error.details);
  refusal.set_is_retryable(IsRetryable(code));
  return refusal;
}

std::optional<pb::Refusal> RefusalOf(const Outcome& outcome, const WireIdCodec& wire_ids) {
  if (!outcome.status.ok()) return ToRefusal(outcome.status);
  if (outcome.result.reject) return ToRefusal(*outcome.result.reject, outcome.result, wire_ids);
  return std::nullopt;
}

grpc::Status ToGrpcStatus(const pb::Refusal& refusal) {
  const auto code = static_cast<absl::StatusCode>(refusal.code());
  return rpc::ToGrpc(absl::Status(code, refusal.message()), refusal.SerializeAsString());
}

}  // namespace evx::mock_kalshi
