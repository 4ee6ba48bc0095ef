#include "catalogue_facts.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

using nlohmann::json;

constexpr double kStrikeMax = 1e12;

// Typed access to the members of a facts object. The first fault sticks.
class FactReader {
 public:
  explicit FactReader(std::string_view text)
      : object_(json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false)) {
    if (object_.is_object()) return;
    fault_ = "facts must be one JSON object";
    object_ = json::object();
  }

  void Text(const char* name, std::string& value) {
    const json* member = Find(name);
    if (member == nullptr) return;
    if (!member->is_string()) return Fail(name, "must be a string");
    value = member->get<std::string>();
  }
  void Text(const char* name, std::optional<std::string>& value) {
    if (Find(name) != nullptr) Text(name, value.emplace());
  }
  void Texts(const char* name, std::vector<std::string>& values) {
    const json* member = Find(name);
    if (member == nullptr) return;
    if (!member->is_array()) return Fail(name, "must be an array of strings");
    for (const json& item : *member) {
      if (!item.is_string()) return Fail(name, "must be an array of strings");
      values.push_back(item.get<std::string>());
    }
  }
  // RFC 3339.
  void Time(const char* name, Timestamp& value) {
    std::string text;
    Text(name, text);
    if (text.empty()) return;
    const auto time = ParseRfc3339(text);
    if (!time.ok()) return Fail(name, "must be an RFC 3339 time");
    value = *time;
  }
  void Strike(const char* name, std::optional<std::int64_t>& micros) {
    const json* member = Find(name);
    if (member == nullptr) return;
    if (!member->is_number() || std::fabs(member->get<double>()) > kStrikeMax) {
      return Fail(name, "must be a number");
    }
    micros = std::llround(member->get<double>() * 1e6);
  }
  void Integer(const char* name, std::optional<std::int64_t>& value) {
    const json* member = Find(name);
    if (member == nullptr) return;
    if (!member->is_number_integer()) return Fail(name, "must be an integer");
    value = member->get<std::int64_t>();
  }
  // A nested object as JSON text.
  void Object(const char* name, std::string& text) {
    const json* member = Find(name);
    if (member == nullptr) return;
    if (!member->is_object()) return Fail(name, "must be an object");
    text = member->dump(-1, ' ', false, json::error_handler_t::replace);
  }
  template <class Enum>
  void Word(const char* name, std::optional<Enum>& value) {
    std::string word;
    Text(name, word);
    if (word.empty()) return;
    value = kalshi::FromWire<Enum>(word);
    if (!value) Fail(name, "has no meaning here: " + word);
  }
  void Sources(std::vector<kalshi::SettlementSource>& values) {
    const char* name = "settlement_sources";
    const json* member = Find(name);
    if (member == nullptr) return;
    if (!member->is_array()) return Fail(name, "must be an array of objects");
    for (const json& item : *member) {
      if (!item.is_object()) return Fail(name, "must be an array of objects");
      kalshi::SettlementSource source;
      if (const auto it = item.find("name"); it != item.end() && it->is_string()) {
        source.name = it->get<std::string>();
      }
      if (const auto it = item.find("url"); it != item.end() && it->is_string()) {
        source.url = it->get<std::string>();
      }
      values.push_back(std::move(source));
    }
  }

  absl::Status status() const {
    return fault_.empty() ? absl::OkStatus() : InvalidArgument(fault_);
  }

 private:
  const json* Find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  void Fail(const char* name, std::string_view fault) {
    if (fault_.empty()) fault_ = std::string("facts.") + name + " " + std::string(fault);
  }

  json object_;
  std::string fault_;
};

absl::Status DecodeSeries(std::string_view text, SeriesFacts& facts) {
  FactReader reader(text);
  kalshi::Series& series = facts.series;
  reader.Text("title", series.title);
  reader.Text("frequency", series.frequency);
  reader.Text("category", series.category);
  reader.Texts("tags", series.tags);
  reader.Sources(series.settlement_sources);
  reader.Text("contract_url", series.contract_url);
  reader.Text("contract_terms_url", series.contract_terms_url);
  reader.Object("product_metadata", series.product_metadata_json);
  reader.Texts("additional_prohibitions", series.additional_prohibitions);
  reader.Texts("categories", series.categories);
  return reader.status();
}

absl::Status DecodeEvent(std::string_view text, EventFacts& facts) {
  FactReader reader(text);
  kalshi::Event& event = facts.event;
  reader.Text("title", event.title);
  reader.Text("sub_title", event.sub_title);
  reader.Text("category", event.category);
  reader.Time("strike_date", event.strike_date);
  reader.Text("strike_period", event.strike_period);
  reader.Object("product_metadata", event.product_metadata_json);
  reader.Sources(event.settlement_sources);
  facts.metadata.settlement_sources = event.settlement_sources;
  reader.Text("image_url", facts.metadata.image_url);
  reader.Text("featured_image_url", facts.metadata.featured_image_url);
  reader.Text("competition", facts.metadata.competition);
  reader.Text("competition_scope", facts.metadata.competition_scope);
  return reader.status();
}

absl::Status DecodeMarket(std::string_view text, MarketFacts& facts) {
  FactReader reader(text);
  kalshi::Market& market = facts.market;
  reader.Text("title", market.title);
  reader.Text("subtitle", market.subtitle);
  reader.Text("yes_sub_title", market.yes_sub_title);
  reader.Text("no_sub_title", market.no_sub_title);
  reader.Text("rules_primary", market.rules_primary);
  reader.Text("rules_secondary", market.rules_secondary);
  reader.Word("strike_type", market.strike_type);
  reader.Strike("floor_strike", market.floor_strike_micros);
  reader.Strike("cap_strike", market.cap_strike_micros);
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
