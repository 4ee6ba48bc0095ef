#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "evx/kalshi/error_body.h"
#include "exchange_clock.h"
#include "exchange_context.h"
#include "json_fields.h"
#include "rest_router.h"
#include "rest_support.h"

// The operator API under /evx/v1/admin, one file per area; README.md documents the bodies.

namespace evx::mock_kalshi {

// The first account of every exchange; its keys open the operator API, and no other.
inline constexpr AccountId kOperatorAccount{1};

void AddOperatorCatalogueRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorMarketRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorAccountRoutes(RestRouter& router, const ExchangeContext& context);
void AddOperatorExchangeRoutes(RestRouter& router, const ExchangeContext& context,
                               ExchangeClock& clock);
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

inline kalshi::Error Invalid(std::string_view details) {
  return kalshi::MakeError(kalshi::error::kInvalidParameters, details);
}

// The answer of a verb: {"sequence_number":N} and what `more` holds.
JsonReply Done(const Outcome& outcome, nlohmann::json more = nlohmann::json::object());

// 1..64 characters; what they may be is the exchange's rule.
bool IsTickerSize(std::string_view ticker);

// The names of venue::UsageTier, lower case.
std::optional<venue::UsageTier> ParseTier(std::string_view name);
std::string_view TierText(venue::UsageTier tier);

// `fee_type` (the venue's word) and `fee_multiplier`.
void ReadFeeTerms(JsonFields& fields, const char* type_name, const char* multiplier_name,
                  venue::FeeTerms& terms);

}  // namespace evx::mock_kalshi
