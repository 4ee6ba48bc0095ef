#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "evx/core/status.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/query.h"
#include "exchange/exchange_clock.h"
#include "exchange/exchange_context.h"
#include "operator/operator_commands.h"
#include "rest/json_fields.h"
#include "rest/rest_router.h"
#include "rest/rest_support.h"

// The operator API under /evx/v1/admin, one file per area; README.md documents the bodies. A route
// only reads path and body into one of the structs of operator_commands.h.

namespace evx::mock_kalshi {

void AddOperatorCatalogueRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorMarketRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorAccountRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorExchangeRoutes(RestRouter& router, const ExchangeContext& context,
                               ExchangeClock& clock);
void AddOperatorFaultRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorTrackingRoutes(RestRouter& router, const ExchangeContext& context);

// --- For those files ----------------------------------------------------------------------------

// Adds a route that only the operator's account may use; it costs no budget.
template <class Handler>
void AddOperatorRoute(RestRouter& router, net::HttpMethod method, std::string_view pattern,
                      std::string_view operation, Handler handler) {
  const auto scope = method == net::HttpMethod::kGet ? venue::kScopeRead : venue::kScopeWrite;
  router.Add({method, pattern, operation, AuthRule::kRequired, scope, RateBucket::kRead, 0,
              [handler = std::move(handler)](RestRequest& request, RestReply reply) {
                if (request.account() != kOperatorAccount) {
                  return reply.Error(kalshi::MakeError(kalshi::error::kPermissionDenied,
                                                       "the operator's key is needed"));
                }
                handler(request, std::move(reply));
              }});
}

// The body's members as `read` takes them; an empty body is {}. The error is a flat 400 that names
// the member at fault.
template <class Read>
std::optional<kalshi::Error> ReadBody(const RestRequest& request, Read read) {
  const std::string_view body = request.http.body();
  if (!body.empty() && !kalshi::IsJsonContentType(request.http.Header("Content-Type"))) {
    return kalshi::MakeError(kalshi::error::kInvalidContentType);
  }
  JsonFields fields(body.empty() ? "{}" : body, "body");
  read(fields);
  fields.RefuseOthers();
  if (fields.status().ok()) return std::nullopt;
  return kalshi::MakeError(kalshi::error::kBadRequest, MessageOf(fields.status()));
}

// The answer of a verb: {"sequence_number":N} and what `more` holds.
JsonReply Done(const Outcome& outcome, nlohmann::json more = nlohmann::json::object());

// SubmitAndReply, with refusals in the operator's words.
template <class Encode>
void SubmitForOperator(const ExchangeContext& context, const RestRequest& request,
                       venue::Command command, RestReply reply, Encode encode) {
  auto shared = std::make_shared<RestReply>(std::move(reply));
  auto kept = std::make_shared<const venue::Command>(command);
  const absl::Status queued = context.sequencer.Submit(
      std::move(command), request.Audit(),
      [&context, shared, kept, encode = std::move(encode)](const Outcome& outcome) {
        if (auto failure = ErrorOf(outcome)) {
          if (outcome.status.ok()) {
            std::string why = context.read_model.Read([&](const ReadModel::State& state) {
              return ExplainRefusal(*kept, *outcome.result.reject, state);
            });
            if (!why.empty()) failure->details = std::move(why);
          }
          return shared->ErrorLater(context.replies, *failure);
        }
        JsonReply answer = encode(outcome);
        shared->JsonLater(context.replies, answer.status, std::move(answer.body));
      });
  if (!queued.ok()) shared->Error(ToError(queued));
}

// A route's handler: `fill(edit, fields, request)` reads path and body into an Edit; once the
// command that the edit means is durable, `encode(outcome)` is the answer.
template <class Edit, class Fill, class Encode>
auto EditVerb(const ExchangeContext& context, Fill fill, Encode encode) {
  return [&context, fill, encode](RestRequest& request, RestReply reply) {
    Edit edit;
    const auto fault = ReadBody(request, [&](JsonFields& fields) { fill(edit, fields, request); });
    if (fault) return reply.Error(*fault);
    auto command = ToCommand(edit, context);
    if (!command.ok()) return reply.Error(command.error());
    SubmitForOperator(context, request, *std::move(command), std::move(reply), encode);
  };
}
template <class Edit, class Fill>
auto EditVerb(const ExchangeContext& context, Fill fill) {
  return EditVerb<Edit>(context, fill, [](const Outcome& outcome) { return Done(outcome); });
}

// Parameter `index` of the path, percent-decoded; as sent where that cannot be.
inline std::string PathText(const RestRequest& request, std::size_t index = 0) {
  const std::string_view segment = request.path_parameters[index];
  return kalshi::DecodePathSegment(segment).value_or(std::string(segment));
}

// The names of venue::UsageTier, lower case.
std::string_view TierText(venue::UsageTier tier);
void ReadTier(JsonFields& fields, std::optional<venue::UsageTier>& tier);

// `fee_type` (the venue's word) and `fee_multiplier`.
void ReadFees(JsonFields& fields, const char* type_name, const char* multiplier_name,
              FeeEdit& fees);

}  // namespace evx::mock_kalshi
