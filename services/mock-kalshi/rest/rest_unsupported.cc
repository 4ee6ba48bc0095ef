// What the venue has and this exchange has not: 501, and one list that says so.

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "evx/fix/session.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"
#include "rest/unsupported_operations.h"

namespace evx::mock_kalshi {
namespace {

using enum net::HttpMethod;

constexpr std::string_view kBasePath = "/trade-api/v2";

constexpr auto kOperations = std::to_array<UnsupportedOperation>({
    {kGet, "/account/limits/perps", "GetPerpsAccountApiLimits", "perpetuals"},
    {kGet, "/communications/block-trade-proposals", "GetBlockTradeProposals", "block_trades"},
    {kPost, "/communications/block-trade-proposals", "ProposeBlockTrade", "block_trades"},
    {kPost, "/communications/block-trade-proposals/{block_trade_proposal_id}/accept",
     "AcceptBlockTradeProposal", "block_trades"},
    {kGet, "/communications/id", "GetCommunicationsID", "communications"},
    {kGet, "/communications/quotes", "GetQuotes", "communications"},
    {kPost, "/communications/quotes", "CreateQuote", "communications"},
    {kDelete, "/communications/quotes/{quote_id}", "DeleteQuote", "communications"},
    {kGet, "/communications/quotes/{quote_id}", "GetQuote", "communications"},
    {kPut, "/communications/quotes/{quote_id}/accept", "AcceptQuote", "communications"},
    {kPut, "/communications/quotes/{quote_id}/confirm", "ConfirmQuote", "communications"},
    {kGet, "/communications/rfqs", "GetRFQs", "communications"},
    {kPost, "/communications/rfqs", "CreateRFQ", "communications"},
    {kGet, "/communications/rfqs/{rfq_id}", "GetRFQ", "communications"},
    {kDelete, "/communications/rfqs/{rfq_id}", "DeleteRFQ", "communications"},
    {kDelete, "/communications/rfqs/{rfq_id}/quotes/{quote_id}", "DeleteRFQQuote",
     "communications"},
    {kGet, "/communications/rfqs/{rfq_id}/quotes/{quote_id}", "GetRFQQuote", "communications"},
    {kPut, "/communications/rfqs/{rfq_id}/quotes/{quote_id}/accept", "AcceptRFQQuote",
     "communications"},
    {kPut, "/communications/rfqs/{rfq_id}/quotes/{quote_id}/confirm", "ConfirmRFQQuote",
     "communications"},
    {kGet, "/fcm/orders", "GetFCMOrders", "fcm"},
    {kGet, "/fcm/positions", "GetFCMPositions", "fcm"},
    {kGet, "/live_data/batch", "GetLiveDatas", "live_data"},
    {kGet, "/live_data/events/{event_ticker}", "GetEventLiveData", "live_data"},
    {kGet, "/live_data/milestone/{milestone_id}", "GetLiveDataByMilestone", "live_data"},
    {kGet, "/live_data/milestone/{milestone_id}/game_stats", "GetGameStats", "live_data"},
    {kGet, "/live_data/weather/{city}", "GetWeatherIndex", "live_data"},
    {kGet, "/live_data/{type}/milestone/{milestone_id}", "GetLiveData", "live_data"},
    {kGet, "/multivariate_event_collections", "GetMultivariateEventCollections",
     "multivariate_collections"},
    {kPost, "/multivariate_event_collections/{collection_ticker}",
     "CreateMarketInMultivariateEventCollection", "multivariate_collections"},
    {kGet, "/multivariate_event_collections/{collection_ticker}", "GetMultivariateEventCollection",
     "multivariate_collections"},
    {kGet, "/multivariate_event_collections/{collection_ticker}/lookup",
     "GetMultivariateEventCollectionLookupHistory", "multivariate_collections"},
    {kPut, "/multivariate_event_collections/{collection_ticker}/lookup",
     "LookupTickersForMarketInMultivariateEventCollection", "multivariate_collections"},
    {kGet, "/series/{series_ticker}/events/{ticker}/forecast_percentile_history",
     "GetEventForecastPercentilesHistory", "forecast_percentiles"},
    {kGet, "/fcm/subtraders", "", "fcm"},
    {kPost, "/fcm/subtraders", "", "fcm"},
    {kGet, "/fcm/subtraders/event_contract_daily_cap", "", "fcm"},
    {kPut, "/fcm/subtraders/event_contract_daily_cap", "", "fcm"},
    {kDelete, "/fcm/subtraders/event_contract_daily_cap", "", "fcm"},
    {kPost, "/fcm/positions/transfers", "", "fcm"},
    {kGet, "/live_data/weather/{city}/calibrations", "", "live_data"},
    {kGet, "/margin/{a}", "", "perpetuals"},
    {kGet, "/margin/{a}/{b}", "", "perpetuals"},
    {kGet, "/margin/{a}/{b}/{c}", "", "perpetuals"},
    {kPost, "/margin/{a}", "", "perpetuals"},
    {kPost, "/margin/{a}/{b}", "", "perpetuals"},
    {kPost, "/margin/{a}/{b}/{c}", "", "perpetuals"},
    {kPut, "/margin/{a}", "", "perpetuals"},
    {kPut, "/margin/{a}/{b}", "", "perpetuals"},
    {kPut, "/margin/{a}/{b}/{c}", "", "perpetuals"},
    {kDelete, "/margin/{a}", "", "perpetuals"},
    {kDelete, "/margin/{a}/{b}", "", "perpetuals"},
    {kDelete, "/margin/{a}/{b}/{c}", "", "perpetuals"},
});

// Subscribing to them is refused with error 9, as the venue refuses a key without permission.
constexpr std::array<std::string_view, 4> kWebSocketChannels = {
    "communications", "cfbenchmarks_value", "cfbenchmarks_value_5hz", "pyth_value"};

// Routes keep views of their patterns.
const std::array<std::string, kOperations.size()>& Patterns() {
  static const auto kPatterns = [] {
    std::array<std::string, kOperations.size()> patterns;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      patterns[i] = std::string(kBasePath) + std::string(kOperations[i].path);
    }
    return patterns;
  }();
  return kPatterns;
}

std::string ListBody() {
  nlohmann::json list = nlohmann::json::array();
  for (std::size_t i = 0; i < kOperations.size(); ++i) {
    list.push_back({{"method", net::ToString(kOperations[i].method)},
                    {"path", Patterns()[i]},
                    {"operation_id", kOperations[i].operation},
                    {"area", kOperations[i].area}});
  }
  return nlohmann::json{{"unsupported", std::move(list)},
                        {"unsupported_websocket_channels", kWebSocketChannels},
                        {"unsupported_fix_sessions", fix::kUnsupportedCompIds},
                        {"unsupported_fix_message_types", fix::kUnsupportedMessageTypes}}
      .dump();
}

}  // namespace

std::span<const UnsupportedOperation> UnsupportedOperations() { return kOperations; }

void AddUnsupportedRoutes(RestRouter& router, const ExchangeContext& context) {
  for (std::size_t i = 0; i < kOperations.size(); ++i) {
    router.Add(
        {kOperations[i].method, Patterns()[i], kOperations[i].operation, AuthRule::kNone, 0,
         RateBucket::kRead, 0, [area = kOperations[i].area](RestRequest&, RestReply reply) {
           reply.Error(kalshi::MakeError(
               kalshi::error::kNotImplemented,
               std::string(area) + " is not part of this exchange; see /evx/v1/unsupported"));
         }});
  }
  AddPublicRead(router, context, "/evx/v1/unsupported", "ListUnsupported",
                [body = ListBody()](const ExchangeContext&, RestRequest&, RestReply reply) {
                  reply.Json(200, body);
                });
}

}  // namespace evx::mock_kalshi
