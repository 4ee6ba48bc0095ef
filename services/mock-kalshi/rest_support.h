#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conversions.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/requests.h"
#include "exchange_context.h"
#include "rest_router.h"

// What several areas of the REST API need.

namespace evx::mock_kalshi {

struct JsonReply {
  int status = 200;
  std::string body;  // Empty: no body.
};

// Submits the command; when it is durable, answers with the error of a refusal or with what
// `encode` makes of the outcome. A full queue is answered at once.
template <class Command, class Encode>
void SubmitAndReply(const ExchangeContext& context, const RestRequest& request, Command command,
                    RestReply reply, Encode encode) {
  // The sequencer drops `done` when it refuses, so the reply is kept where both can reach it.
  auto shared = std::make_shared<RestReply>(std::move(reply));
  const absl::Status queued = context.sequencer.Submit(
      std::move(command), request.Audit(),
      [&context, shared, encode = std::move(encode)](const Outcome& outcome) {
        if (const auto failure = ErrorOf(outcome)) {
          shared->ErrorLater(context.replies, *failure);
          return;
        }
        JsonReply answer = encode(outcome);
        shared->JsonLater(context.replies, answer.status, std::move(answer.body));
      });
  if (!queued.ok()) shared->Error(ToError(queued));
}

// Checks the content type of a request that has a body, then decodes it.
template <class Decode>
auto DecodeBody(const RestRequest& request, Decode decode) -> decltype(decode(std::string_view())) {
  if (!request.http.body().empty() &&
      !kalshi::IsJsonContentType(request.http.Header("Content-Type"))) {
    return kalshi::MakeError(kalshi::error::kInvalidContentType);
  }
  return decode(request.http.body());
}

// The subaccount a request is for: the one it names, else the one the key is locked to, else the
// primary one. A key that is locked to another is refused.
kalshi::Decoded<SubaccountNumber> ResolveSubaccount(const Principal& principal,
                                                    std::optional<SubaccountNumber> requested);

// One shard: absent, -1 and 0 are it, every other index has no market.
std::optional<kalshi::Error> CheckExchangeIndex(std::optional<std::int32_t> exchange_index);

kalshi::Decoded<MarketId> FindMarketForOrder(const ExchangeContext& context,
                                             std::string_view ticker,
                                             std::optional<std::int32_t> exchange_index);

}  // namespace evx::mock_kalshi
