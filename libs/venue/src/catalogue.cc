#include "catalogue.h"

#include <algorithm>

#include "evx/core/check.h"

namespace evx::venue {
namespace {

ledger::FeeTerms Compile(const FeeTerms& terms) {
  ledger::FeeSchedule schedule;
  switch (terms.fee_type) {
    case FeeType::kQuadratic:
      schedule.type = ledger::FeeType::kQuadratic;
      break;
    case FeeType::kQuadraticWithMakerFees:
      schedule.type = ledger::FeeType::kQuadraticWithMakerFees;
      break;
    case FeeType::kQuadraticWithComboMakerFees:
      schedule.type = ledger::FeeType::kQuadraticWithComboMakerFees;
      break;
  }
  schedule.multiplier = ledger::FeeMultiplier::FromMillionths(terms.multiplier_millionths);
  const absl::StatusOr<ledger::FeeTerms> compiled = ledger::FeeTerms::FromSchedule(schedule);
  EVX_CHECK(compiled.ok());
  return *compiled;
}

}  // namespace

Catalogue::Catalogue() {
  for (const std::string_view name : PriceLevelStructureNames()) {
    absl::StatusOr<PriceGrid> grid = PriceGrid::FromStructure(name);
    EVX_CHECK(grid.ok());
    grids_.emplace(name, *grid);
  }
}

SeriesRecord& Catalogue::Add(const SeriesPut& definition) {
  SeriesRecord& record = series_.emplace_back();
  record.definition = definition;
  record.definition.series = SeriesId(static_cast<std::uint32_t>(series_.size()));
  series_ids_.emplace(definition.ticker.view(), &record);
  return record;
}

EventRecord& Catalogue::Add(const EventPut& definition) {
  EventRecord& record = events_.emplace_back();
  record.definition = definition;
  record.definition.event = EventId(static_cast<std::uint32_t>(events_.size()));
  event_ids_.emplace(definition.ticker.view(), &record);
  Find(definition.series)->events.push_back(record.definition.event);
  return record;
}

MarketRecord& Catalogue::Add(const MarketPut& definition) {
  MarketRecord& record = markets_.emplace_back();
  record.definition = definition;
  record.definition.market = MarketId(static_cast<std::uint32_t>(markets_.size()));
  record.grid = Grid(definition.price_level_structure.view());
  record.fee_terms = FeeTermsOf(record);
  market_ids_.emplace(definition.ticker.view(), &record);
  Find(definition.event)->markets.push_back(record.definition.market);
  ++live_market_count_;
  return record;
}

const PriceGrid* Catalogue::Grid(std::string_view structure) const {
  const auto it = grids_.find(structure);
  return it == grids_.end() ? nullptr : &it->second;
}

ledger::FeeTerms Catalogue::FeeTermsOf(const MarketRecord& market) {
  const EventPut& event = Find(market.definition.event)->definition;
  if (event.has_fee_override) return Compile(event.fee_override);
  return Compile(Find(event.series)->definition.fee_terms);
}

bool Catalogue::IsValidTicker(std::string_view ticker) {
  return !ticker.empty() && std::all_of(ticker.begin(), ticker.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool Catalogue::IsValid(const FeeTerms& terms) {
  return ledger::FeeMultiplier::IsValid(terms.multiplier_millionths);
}

}  // namespace evx::venue
