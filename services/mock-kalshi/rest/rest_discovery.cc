// Finding one's way: search filters from the catalogue, and the reference data that this exchange
// has none of.

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "evx/kalshi/exchange_messages.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/queries.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

constexpr std::string_view kSportsCategory = "Sports";
constexpr std::string_view kAllSports = "All sports";

void GetTags(const ExchangeContext& context, RestRequest&, RestReply reply) {
  std::map<std::string, std::set<std::string>> categories;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const SeriesState& series : state.series) {
      if (!series.series) continue;
      const auto facts = context.catalogue_facts.OfSeries(series.facts_json);
      if (facts->series.category.empty()) continue;
      categories[facts->series.category].insert(facts->series.tags.begin(),
                                                facts->series.tags.end());
    }
  });
  kalshi::TagsByCategoriesResponse response;
  for (const auto& [name, tags] : categories) {
    response.categories.push_back({name, {tags.begin(), tags.end()}});
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

// A sport is a tag of the sports series; competitions and scopes are its events'.
void GetSportFilters(const ExchangeContext& context, RestRequest&, RestReply reply) {
  struct Sport {
    std::set<std::string> scopes;
    std::map<std::string, std::set<std::string>> competitions;
  };
  std::map<std::string, Sport> sports;
  std::set<std::string> all_scopes;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const SeriesState& series : state.series) {
      if (!series.series) continue;
      const auto facts = context.catalogue_facts.OfSeries(series.facts_json);
      if (facts->series.category != kSportsCategory || facts->series.tags.empty()) continue;
      Sport& sport = sports[facts->series.tags.front()];
      // The newest event stands for its series.
      if (series.events.empty()) continue;
      const auto event = context.catalogue_facts.OfEvent(state.At(series.events.back()).facts_json);
      if (!event->metadata.competition) continue;
      auto& scopes = sport.competitions[*event->metadata.competition];
      if (!event->metadata.competition_scope) continue;
      scopes.insert(*event->metadata.competition_scope);
      sport.scopes.insert(*event->metadata.competition_scope);
      all_scopes.insert(*event->metadata.competition_scope);
    }
  });
  kalshi::FiltersBySportResponse response;
  response.sports.push_back({std::string(kAllSports), {all_scopes.begin(), all_scopes.end()}, {}});
  for (const auto& [name, sport] : sports) {
    kalshi::FiltersBySportResponse::Sport entry{
        name, {sport.scopes.begin(), sport.scopes.end()}, {}};
    for (const auto& [competition, scopes] : sport.competitions) {
      entry.competitions.push_back({competition, {scopes.begin(), scopes.end()}});
    }
    response.sports.push_back(std::move(entry));
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

void ListIncentivePrograms(const ExchangeContext&, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeIncentiveProgramsQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  reply.Json(200, kalshi::EncodeJson(kalshi::IncentiveProgramsResponse{}));
}

void ListMilestones(const ExchangeContext&, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeMilestonesQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  reply.Json(200, kalshi::EncodeJson(kalshi::MilestonesResponse{}));
}

void ListStructuredTargets(const ExchangeContext&, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeStructuredTargetsQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  reply.Json(200, kalshi::EncodeJson(kalshi::StructuredTargetsResponse{}));
}

void GetNothing(const ExchangeContext&, RestRequest&, RestReply reply) {
  reply.Error(kalshi::MakeError(error::kNotFound));
}

}  // namespace

void AddDiscoveryRoutes(RestRouter& router, const ExchangeContext& context) {
  AddPublicRead(router, context, "/trade-api/v2/search/tags_by_categories",
                "GetTagsForSeriesCategories", GetTags);
  AddPublicRead(router, context, "/trade-api/v2/search/filters_by_sport", "GetFiltersForSports",
                GetSportFilters);
  AddPublicRead(router, context, "/trade-api/v2/incentive_programs", "GetIncentivePrograms",
                ListIncentivePrograms);
  AddPublicRead(router, context, "/trade-api/v2/milestones", "GetMilestones", ListMilestones);
  AddPublicRead(router, context, "/trade-api/v2/milestones/{milestone_id}", "GetMilestone",
                GetNothing);
  AddPublicRead(router, context, "/trade-api/v2/structured_targets", "GetStructuredTargets",
                ListStructuredTargets);
  AddPublicRead(router, context, "/trade-api/v2/structured_targets/{structured_target_id}",
                "GetStructuredTarget", GetNothing);
}

}  // namespace evx::mock_kalshi
