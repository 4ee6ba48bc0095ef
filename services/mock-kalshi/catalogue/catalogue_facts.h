#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "evx/kalshi/market_messages.h"

// Descriptive facts of the catalogue. The state machine carries them as one JSON object per series,
// event and market (`facts_json`) and never looks inside; the doors read them through this file.
//
// The object has the members of the venue's Series, Event and Market schemas that describe and that
// trading does not depend on; all are optional, others are ignored:
//
//   series  title frequency category tags settlement_sources contract_url contract_terms_url
//           product_metadata additional_prohibitions categories
//   event   title sub_title category strike_date strike_period product_metadata settlement_sources
//           image_url featured_image_url competition competition_scope
//   market  title subtitle yes_sub_title no_sub_title rules_primary rules_secondary strike_type
//           floor_strike cap_strike functional_strike custom_strike expected_expiration_time
//           latest_expiration_time occurrence_datetime early_close_condition
//           primary_participant_key image_url color_code
//
// A market of the rolling catalogue also has `catalogue_window`, see catalogue_roller.h.

namespace evx::mock_kalshi {

struct SeriesFacts {
  kalshi::Series series;
};

struct EventFacts {
  kalshi::Event event;
  // Without market_details.
  kalshi::EventMetadataResponse metadata;
};

struct MarketFacts {
  kalshi::Market market;
  std::string image_url;
  std::string color_code;
  std::optional<std::int64_t> catalogue_window;
};

// INVALID_ARGUMENT unless the text is one JSON object whose known members have the right types.
absl::Status CheckSeriesFacts(std::string_view facts_json);
absl::Status CheckEventFacts(std::string_view facts_json);
absl::Status CheckMarketFacts(std::string_view facts_json);

// Decodes each facts object once and keeps what it says for as long as the object lives. What
// cannot be read counts as absent. Thread-safe; a look-up costs a hash of a pointer.
class CatalogueFacts {
 public:
  // As the read model shares it; null gives empty facts.
  using Source = std::shared_ptr<const std::string>;

  std::shared_ptr<const SeriesFacts> OfSeries(const Source& source) const;
  std::shared_ptr<const EventFacts> OfEvent(const Source& source) const;
  std::shared_ptr<const MarketFacts> OfMarket(const Source& source) const;

 private:
  template <class Facts>
  struct Cache {
    struct Entry {
      Source source;
      std::shared_ptr<const Facts> facts;
    };
    std::unordered_map<const std::string*, Entry> entries;
    // Objects that only the cache still holds are dropped when it reaches this size.
    std::size_t purge_size = 1024;
  };

  template <class Facts, class Decode>
  std::shared_ptr<const Facts> Find(Cache<Facts>& cache, const Source& source, Decode decode) const;

  mutable std::shared_mutex mutex_;
  mutable Cache<SeriesFacts> series_;
  mutable Cache<EventFacts> events_;
  mutable Cache<MarketFacts> markets_;
};

}  // namespace evx::mock_kalshi
