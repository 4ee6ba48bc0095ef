#include "catalogue/catalogue_facts.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "rest/json_fields.h"

namespace evx::mock_kalshi {
namespace {

constexpr const char* kWhat = "facts";

void ReadSources(JsonFields& fields, std::vector<kalshi::SettlementSource>& sources) {
  const nlohmann::json* array = fields.Array("settlement_sources");
  if (array == nullptr) return;
  for (const nlohmann::json& item : *array) {
    JsonFields member(item, "facts.settlement_sources");
    kalshi::SettlementSource source;
    member.Text("name", source.name);
    member.Text("url", source.url);
    if (!member.status().ok()) {
      return fields.Fail("settlement_sources", "must be an array of objects with name and url");
    }
    sources.push_back(std::move(source));
  }
}

absl::Status DecodeSeries(std::string_view text, SeriesFacts& facts) {
  JsonFields reader(text, kWhat);
  kalshi::Series& series = facts.series;
  reader.Text("title", series.title);
  reader.Text("frequency", series.frequency);
  reader.Text("category", series.category);
  reader.Texts("tags", series.tags);
  ReadSources(reader, series.settlement_sources);
  reader.Text("contract_url", series.contract_url);
  reader.Text("contract_terms_url", series.contract_terms_url);
  reader.Object("product_metadata", series.product_metadata_json);
  reader.Texts("additional_prohibitions", series.additional_prohibitions);
  reader.Texts("categories", series.categories);
  return reader.status();
}

absl::Status DecodeEvent(std::string_view text, EventFacts& facts) {
  JsonFields reader(text, kWhat);
  kalshi::Event& event = facts.event;
  reader.Text("title", event.title);
  reader.Text("sub_title", event.sub_title);
  reader.Text("category", event.category);
  reader.Time("strike_date", event.strike_date);
  reader.Text("strike_period", event.strike_period);
  reader.Object("product_metadata", event.product_metadata_json);
  ReadSources(reader, event.settlement_sources);
  facts.metadata.settlement_sources = event.settlement_sources;
  reader.Text("image_url", facts.metadata.image_url);
  reader.Text("featured_image_url", facts.metadata.featured_image_url);
  reader.Text("competition", facts.metadata.competition);
  reader.Text("competition_scope", facts.metadata.competition_scope);
  return reader.status();
}

absl::Status DecodeMarket(std::string_view text, MarketFacts& facts) {
  JsonFields reader(text, kWhat);
  kalshi::Market& market = facts.market;
  reader.Text("title", market.title);
  reader.Text("subtitle", market.subtitle);
  reader.Text("yes_sub_title", market.yes_sub_title);
  reader.Text("no_sub_title", market.no_sub_title);
  reader.Text("rules_primary", market.rules_primary);
  reader.Text("rules_secondary", market.rules_secondary);
  reader.Word("strike_type", market.strike_type);
  reader.Micros("floor_strike", market.floor_strike_micros);
  reader.Micros("cap_strike", market.cap_strike_micros);
  reader.Text("functional_strike", market.functional_strike);
  reader.Object("custom_strike", market.custom_strike_json);
  reader.Time("expected_expiration_time", market.expected_expiration_time);
  reader.Time("latest_expiration_time", market.latest_expiration_time);
  reader.Time("occurrence_datetime", market.occurrence_time);
  reader.Text("early_close_condition", market.early_close_condition);
  reader.Text("primary_participant_key", market.primary_participant_key);
  reader.Text("image_url", facts.image_url);
  reader.Text("color_code", facts.color_code);
  reader.Integer("catalogue_window", facts.catalogue_window);
  return reader.status();
}

}  // namespace

absl::Status CheckSeriesFacts(std::string_view facts_json) {
  SeriesFacts facts;
  return DecodeSeries(facts_json, facts);
}

absl::Status CheckEventFacts(std::string_view facts_json) {
  EventFacts facts;
  return DecodeEvent(facts_json, facts);
}

absl::Status CheckMarketFacts(std::string_view facts_json) {
  MarketFacts facts;
  return DecodeMarket(facts_json, facts);
}

template <class Facts, class Decode>
std::shared_ptr<const Facts> CatalogueFacts::Find(Cache<Facts>& cache, const Source& source,
                                                  Decode decode) const {
  if (source == nullptr) {
    static const auto kEmpty = std::make_shared<const Facts>();
    return kEmpty;
  }
  {
    const std::shared_lock lock(mutex_);
    const auto found = cache.entries.find(source.get());
    if (found != cache.entries.end()) return found->second.facts;
  }
  auto facts = std::make_shared<Facts>();
  // The operator API checks facts before they get here; what cannot be read stays empty.
  (void)decode(*source, *facts).ok();
  const std::unique_lock lock(mutex_);
  if (cache.entries.size() >= cache.purge_size) {
    std::erase_if(cache.entries, [](const auto& e) { return e.second.source.use_count() == 1; });
    cache.purge_size = std::max<std::size_t>(1024, 2 * cache.entries.size());
  }
  return cache.entries.try_emplace(source.get(), source, std::move(facts)).first->second.facts;
}

std::shared_ptr<const SeriesFacts> CatalogueFacts::OfSeries(const Source& source) const {
  return Find(series_, source, DecodeSeries);
}

std::shared_ptr<const EventFacts> CatalogueFacts::OfEvent(const Source& source) const {
  return Find(events_, source, DecodeEvent);
}

std::shared_ptr<const MarketFacts> CatalogueFacts::OfMarket(const Source& source) const {
  return Find(markets_, source, DecodeMarket);
}

}  // namespace evx::mock_kalshi
