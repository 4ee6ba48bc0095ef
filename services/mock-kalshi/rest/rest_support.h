#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/requests.h"
#include "exchange/exchange_context.h"
#include "rest/rest_router.h"

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

// For lists, where no subaccount means all of them.
kalshi::Decoded<std::optional<SubaccountNumber>> FilterSubaccount(
    const Principal& principal, std::optional<SubaccountNumber> requested);
bool MayUse(const Principal& principal, SubaccountNumber subaccount);

// Nothing for the zero timestamp.
std::optional<Timestamp> IfSet(Timestamp time);

// Kinds of cursors: a cursor of one list is none of another.
enum CursorKind : std::uint8_t {
  kOrdersCursor = 1,
  kFillsCursor,
  kTradesCursor,
  kSettlementsCursor,
  kTransfersCursor,
  kPositionsCursor,
  kEventPositionsCursor,
  kMarketsCursor,
  kEventsCursor,
  kFeeChangesCursor,
};

// Lists read one row more than the page holds, so that the last page says that it is the last: its
// cursor is empty. Cuts the rows to the page; true when there is a next one.
template <class Row>
bool CutToPage(std::vector<Row>& rows, std::size_t limit) {
  if (rows.size() <= limit) return false;
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(limit), rows.end());
  return true;
}

// One shard: absent, -1 and 0 are it, every other index has no market.
std::optional<kalshi::Error> CheckExchangeIndex(std::optional<std::int32_t> exchange_index);

std::string TickerOf(const ExchangeContext& context, MarketId market);
// The ticker of each row's market, under one lock.
template <class Row>
std::vector<std::string> TickersOf(const ExchangeContext& context, const std::vector<Row>& rows) {
  std::vector<std::string> tickers;
  tickers.reserve(rows.size());
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const Row& row : rows) tickers.push_back(state.At(row.market).ticker);
  });
  return tickers;
}
// The markets with these tickers and those of these events; unknown and empty tickers are left out.
std::vector<MarketId> MarketsOf(const ExchangeContext& context,
                                const std::vector<std::string>& tickers,
                                const std::vector<std::string>& event_tickers);

kalshi::Decoded<MarketId> FindMarketForOrder(const ExchangeContext& context,
                                             std::string_view ticker,
                                             std::optional<std::int32_t> exchange_index);

}  // namespace evx::mock_kalshi
