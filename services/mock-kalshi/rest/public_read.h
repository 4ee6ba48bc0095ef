#pragma once

#include <string_view>
#include <utility>

#include "exchange/exchange_context.h"
#include "rest/rest_router.h"

namespace evx::mock_kalshi {

// Adds a GET that needs no key; one that is sent is checked and its account charged. `handler` is
// called with (context, request, reply).
template <class Handler>
void AddPublicRead(RestRouter& router, const ExchangeContext& context, std::string_view pattern,
                   std::string_view operation, Handler handler) {
  router.Add({net::HttpMethod::kGet, pattern, operation, AuthRule::kOptional, 0, RateBucket::kRead,
              kDefaultCost,
              [&context, handler = std::move(handler)](RestRequest& request, RestReply reply) {
                handler(context, request, std::move(reply));
              }});
}

}  // namespace evx::mock_kalshi
