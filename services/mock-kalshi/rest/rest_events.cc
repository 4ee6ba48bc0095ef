// Events: list, one, metadata, multivariate ones (there are none), fee changes.

#include <algorithm>
#include <utility>
#include <vector>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "evx/kalshi/cursor.h"
#include "evx/kalshi/queries.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

// Markets of the event that the live endpoints show.
std::vector<kalshi::Market> LiveMarkets(const ExchangeContext& context,
                                        const ReadModel::State& state, const EventState& event,
                                        Timestamp now) {
  std::vector<kalshi::Market> markets;
  for (const MarketId id : event.markets) {
    const MarketState& market = state.At(id);
    if (IsHistorical(market, now)) continue;
    markets.push_back(ToKalshi(state, market, context.catalogue_facts, now));
  }
  return markets;
}

bool Matches(const ReadModel::State& state, const EventState& event,
             const kalshi::EventsQuery& query) {
  if (!query.series_ticker.empty() && state.At(event.series).ticker != query.series_ticker) {
    return false;
  }
  if (!query.tickers.empty() &&
      std::find(query.tickers.begin(), query.tickers.end(), event.ticker) == query.tickers.end()) {
    return false;
  }
  if (query.min_updated_time && event.update_time < query.min_updated_time) return false;
  const auto any_market = [&](auto predicate) {
    return std::any_of(event.markets.begin(), event.markets.end(),
                       [&](MarketId id) { return predicate(state.At(id)); });
  };
  if (query.min_close_time && !any_market([&](const MarketState& market) {
        return market.close_time >= query.min_close_time;
      })) {
    return false;
  }
  return !query.status || any_market([&](const MarketState& market) {
    return mock_kalshi::Matches(market.status, *query.status);
  });
}

// Newest first: events that are listed meanwhile do not move the pages behind.
void ListEvents(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeEventsQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  const auto cursor = kalshi::ParseCursor(query->page.cursor, kEventsCursor);
  const auto limit = static_cast<std::size_t>(query->page.limit);
  const Timestamp now = context.clock.Now();
  kalshi::EventsResponse response;
  std::size_t last = 0;
  bool more = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    std::size_t id = state.events.size();
    if (cursor)
      id = std::min(id, static_cast<std::size_t>(std::max<std::int64_t>(cursor->position - 1, 0)));
    for (; id > 0; --id) {
      const EventState& event = state.events[id - 1];
      if (!event.event || !Matches(state, event, *query)) continue;
      if (response.events.size() == limit) {
        more = true;
        break;
      }
      response.events.push_back(ToKalshi(state, event, context.catalogue_facts));
      if (query->with_nested_markets) {
        response.events.back().markets = LiveMarkets(context, state, event, now);
      }
      last = id;
    }
  });
  if (more) {
    response.cursor = kalshi::FormatCursor({kEventsCursor, static_cast<std::int64_t>(last), 0, ""});
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetEvent(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeEventQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  std::optional<kalshi::EventResponse> response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const EventState* event = state.FindEvent(request.path_parameters[0]);
    if (event == nullptr) return;
    response.emplace();
    response->event = ToKalshi(state, *event, context.catalogue_facts);
    auto markets = LiveMarkets(context, state, *event, context.clock.Now());
    (query->with_nested_markets ? response->event.markets : response->markets) = std::move(markets);
  });
  if (!response) return reply.Error(kalshi::MakeError(error::kNotFound));
  reply.Json(200, kalshi::EncodeJson(*response));
}

void GetEventMetadata(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  std::optional<kalshi::EventMetadataResponse> response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const EventState* event = state.FindEvent(request.path_parameters[0]);
    if (event == nullptr) return;
    response = context.catalogue_facts.OfEvent(event->facts_json)->metadata;
    for (const MarketId id : event->markets) {
      const MarketState& market = state.At(id);
      const auto facts = context.catalogue_facts.OfMarket(market.facts_json);
      response->market_details.push_back({market.ticker, facts->image_url, facts->color_code});
    }
  });
  if (!response) return reply.Error(kalshi::MakeError(error::kNotFound));
  reply.Json(200, kalshi::EncodeJson(*response));
}

// This exchange lists no multivariate events.
void ListMultivariateEvents(const ExchangeContext&, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeMultivariateEventsQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  reply.Json(200, kalshi::EncodeJson(kalshi::EventsResponse{}));
}

// Latest announced first.
void GetFeeChanges(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeEventFeeChangesQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  const auto cursor = kalshi::ParseCursor(query->page.cursor, kFeeChangesCursor);
  const auto limit = static_cast<std::size_t>(query->page.limit);
  kalshi::EventFeeChangesResponse response;
  std::uint64_t last = 0;
  bool more = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    const auto& changes = state.fee_changes;
    for (auto it = changes.rbegin(); it != changes.rend(); ++it) {
      if (!it->event || (cursor && static_cast<std::int64_t>(it->id) >= cursor->position)) continue;
      const EventState& event = state.At(it->event);
      if (!query->event_ticker.empty() && event.ticker != query->event_ticker) continue;
      if (response.event_fee_changes.size() == limit) {
        more = true;
        break;
      }
      kalshi::EventFeeChange change;
      change.id = context.wire_ids.Encode(WireIdKind::kFeeChange, it->id);
      change.event_ticker = event.ticker;
      change.series_ticker = state.At(event.series).ticker;
      if (!it->clear_override) {
        change.fee_type_override = ToKalshi(it->fee_terms.fee_type);
        change.fee_multiplier_override_micros = it->fee_terms.multiplier_millionths;
      }
      change.scheduled_time = it->effective_time;
      response.event_fee_changes.push_back(std::move(change));
      last = it->id;
    }
  });
  if (more) {
    response.cursor =
        kalshi::FormatCursor({kFeeChangesCursor, static_cast<std::int64_t>(last), 0, ""});
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

}  // namespace

void AddEventRoutes(RestRouter& router, const ExchangeContext& context) {
  AddPublicRead(router, context, "/trade-api/v2/events", "GetEvents", ListEvents);
  AddPublicRead(router, context, "/trade-api/v2/events/multivariate", "GetMultivariateEvents",
                ListMultivariateEvents);
  AddPublicRead(router, context, "/trade-api/v2/events/fee_changes", "GetEventFeeChanges",
                GetFeeChanges);
  AddPublicRead(router, context, "/trade-api/v2/events/{event_ticker}", "GetEvent", GetEvent);
  AddPublicRead(router, context, "/trade-api/v2/events/{event_ticker}/metadata", "GetEventMetadata",
                GetEventMetadata);
}

}  // namespace evx::mock_kalshi
