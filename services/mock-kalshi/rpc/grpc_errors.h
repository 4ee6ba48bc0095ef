#pragma once

#include <grpcpp/support/status.h>

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "evx/exchange/v1/exchange_service.pb.h"
#include "evx/kalshi/error_body.h"
#include "evx/venue/reject_reason.h"
#include "exchange/sequencer.h"
#include "exchange/wire_id.h"

// How gRPC answers each refusal: the one place that maps to status codes. A table test holds it.

namespace evx::mock_kalshi {

absl::StatusCode GrpcCodeOf(venue::RejectReason reason);

// A rule of the exchange refused the command. kDuplicateClientOrderId names the first order.
exchange::v1::Refusal ToRefusal(venue::RejectReason reason, const venue::CommandResult& result,
                                const WireIdCodec& wire_ids);
// The command did not reach the exchange: the queue is full, the exchange is stopping.
exchange::v1::Refusal ToRefusal(const absl::Status& status);
// The caller or the request was refused before that: key, scope, budget, unknown market.
exchange::v1::Refusal ToRefusal(const kalshi::Error& error);
// The refusal of an outcome; nothing when the exchange took the command.
std::optional<exchange::v1::Refusal> RefusalOf(const Outcome& outcome, const WireIdCodec& wire_ids);

// Code and message, with the refusal itself as details.
grpc::Status ToGrpcStatus(const exchange::v1::Refusal& refusal);

}  // namespace evx::mock_kalshi
