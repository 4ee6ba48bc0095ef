// Series: list, one, scheduled fee changes.

#include <algorithm>
#include <utility>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "evx/kalshi/queries.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

bool Matches(const kalshi::SeriesListQuery& query, const kalshi::Series& series) {
  if (!query.category.empty() && series.category != query.category &&
      std::find(series.categories.begin(), series.categories.end(), query.category) ==
          series.categories.end()) {
    return false;
  }
  if (query.min_updated_time && series.last_updated_time < query.min_updated_time) return false;
  return query.tags.empty() ||
         std::find_first_of(series.tags.begin(), series.tags.end(), query.tags.begin(),
                            query.tags.end()) != series.tags.end();
}

void ListSeries(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeSeriesListQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  kalshi::SeriesListResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const SeriesState& known : state.series) {
      if (!known.series) continue;
      kalshi::Series series = ToKalshi(known, context.catalogue_facts);
      if (!Matches(*query, series)) continue;
      if (!query->include_product_metadata) series.product_metadata_json.clear();
      if (query->include_volume) series.volume = VolumeOf(state, known);
      response.series.push_back(std::move(series));
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetSeries(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeSeriesQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  std::optional<kalshi::Series> series;
  context.read_model.Read([&](const ReadModel::State& state) {
    const SeriesState* known = state.FindSeries(request.path_parameters[0]);
    if (known == nullptr) return;
    series = ToKalshi(*known, context.catalogue_facts);
    if (query->include_volume) series->volume = VolumeOf(state, *known);
  });
  if (!series) return reply.Error(kalshi::MakeError(error::kNotFound));
  reply.Json(200, kalshi::EncodeJson(kalshi::SeriesResponse{*std::move(series)}));
}

// Changes of series that are to come; with show_historical those in force as well.
void GetFeeChanges(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeSeriesFeeChangesQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  const Timestamp now = context.clock.Now();
  kalshi::SeriesFeeChangesResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const ScheduledFeeChange& change : state.fee_changes) {
      if (!change.series || (!query->show_historical && change.effective_time <= now)) continue;
      const std::string& ticker = state.At(change.series).ticker;
      if (!query->series_ticker.empty() && ticker != query->series_ticker) continue;
      response.changes.push_back({context.wire_ids.Encode(WireIdKind::kFeeChange, change.id),
                                  ticker, ToKalshi(change.fee_terms.fee_type),
                                  change.fee_terms.multiplier_millionths, change.effective_time});
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

}  // namespace

void AddSeriesRoutes(RestRouter& router, const ExchangeContext& context) {
  AddPublicRead(router, context, "/trade-api/v2/series", "GetSeriesList", ListSeries);
  AddPublicRead(router, context, "/trade-api/v2/series/fee_changes", "GetSeriesFeeChanges",
                GetFeeChanges);
  AddPublicRead(router, context, "/trade-api/v2/series/{series_ticker}", "GetSeries", GetSeries);
}

}  // namespace evx::mock_kalshi
