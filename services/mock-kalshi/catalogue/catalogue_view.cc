#include "catalogue/catalogue_view.h"

#include <algorithm>

#include "conversions.h"
#include "read_model/historical_cutoff.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::string_view kMutuallyExclusiveReturn = "MECNET";

template <class Levels>
std::size_t LevelCount(const Levels& levels, int depth) {
  return depth <= 0 ? levels.size() : std::min(levels.size(), static_cast<std::size_t>(depth));
}

void SetQuotes(kalshi::Market& result, const MarketState& market, Timestamp now) {
  const BookState& book = market.book;
  if (!book.bids.empty()) {
    result.yes_bid = book.bids.begin()->first;
    result.yes_bid_size = book.bids.begin()->second;
  }
  if (!book.asks.empty()) {
    result.yes_ask = book.asks.begin()->first;
    result.yes_ask_size = book.asks.begin()->second;
  }
  // The venue was seen to show a market that was never open with an ask of $0.
  if (market.status == venue::MarketStatus::kInitialized) result.yes_ask = Price();
  result.last_price = market.last_price.value_or(Price());
  result.volume = market.volume;
  result.open_interest = market.open_interest;
  if (market.daily == nullptr) return;
  result.volume_24h = market.daily->VolumeIn24Hours(now);
  if (const auto quote = market.daily->QuoteOneDayAgo(now)) {
    result.previous_yes_bid = quote->bid;
    result.previous_yes_ask = quote->ask;
    result.previous_price = quote->last;
  }
}

}  // namespace

kalshi::Series ToKalshi(const SeriesState& series, const CatalogueFacts& facts) {
  kalshi::Series result = facts.OfSeries(series.facts_json)->series;
  result.ticker = series.ticker;
  if (result.categories.empty() && !result.category.empty()) {
    result.categories.push_back(result.category);
  }
  result.fee_type = ToKalshi(series.fee_terms.fee_type);
  result.fee_multiplier_micros = series.fee_terms.multiplier_millionths;
  result.last_updated_time = series.update_time;
  return result;
}

kalshi::Event ToKalshi(const ReadModel::State& state, const EventState& event,
                       const CatalogueFacts& facts) {
  kalshi::Event result = facts.OfEvent(event.facts_json)->event;
  result.event_ticker = event.ticker;
  result.series_ticker = state.At(event.series).ticker;
  result.mutually_exclusive = event.mutually_exclusive;
  if (event.collateral_return == venue::CollateralReturn::kMutuallyExclusive) {
    result.collateral_return_type = kMutuallyExclusiveReturn;
  }
  result.last_updated_time = event.update_time;
  if (event.fee_override) {
    result.fee_type_override = ToKalshi(event.fee_override->fee_type);
    result.fee_multiplier_override_micros = event.fee_override->multiplier_millionths;
  }
  return result;
}

kalshi::Market ToKalshi(const ReadModel::State& state, const MarketState& market,
                        const CatalogueFacts& facts, Timestamp now) {
  kalshi::Market result = facts.OfMarket(market.facts_json)->market;
  result.ticker = market.ticker;
  result.event_ticker = state.At(market.event).ticker;
  result.created_time = market.create_time;
  result.updated_time = market.update_time;
  result.open_time = market.open_time;
  result.close_time = market.close_time;
  if (!result.latest_expiration_time) result.latest_expiration_time = market.close_time;
  result.settlement_timer_seconds = market.settlement_timer_seconds;
  result.status = ToKalshi(market.status);
  result.can_close_early = market.can_close_early;
  result.fee_waiver_expiration_time = market.fee_waiver_expiration;
  result.price_level_structure = market.price_level_structure;
  result.price_ranges = kalshi::ToPriceRanges(market.grid);
  SetQuotes(result, market, now);
  if (market.determination_time) {
    result.result = ToKalshi(market.result);
    result.settlement_value = market.settlement_value;
    result.expiration_value = market.expiration_value;
    result.settlement_time = market.settlement_time;
  }
  return result;
}

kalshi::OrderBook ToKalshi(const BookState& book, int depth) {
  kalshi::OrderBook result;
  std::size_t count = LevelCount(book.bids, depth);
  result.yes.resize(count);
  for (auto level = book.bids.begin(); count > 0; ++level) {
    result.yes[--count] = {level->first, level->second};
  }
  count = LevelCount(book.asks, depth);
  result.no.resize(count);
  for (auto level = book.asks.begin(); count > 0; ++level) {
    result.no[--count] = {level->first.Complement(), level->second};
  }
  return result;
}

Quantity VolumeOf(const ReadModel::State& state, const SeriesState& series) {
  Quantity volume;
  for (const EventId event : series.events) {
    for (const MarketId market : state.At(event).markets) volume += state.At(market).volume;
  }
  return volume;
}

bool Matches(venue::MarketStatus status, kalshi::MarketStatusFilter filter) {
  using venue::MarketStatus;
  switch (filter) {
    case kalshi::MarketStatusFilter::kUnopened:
      return status == MarketStatus::kInitialized;
    case kalshi::MarketStatusFilter::kOpen:
      return status == MarketStatus::kActive;
    case kalshi::MarketStatusFilter::kPaused:
      return status == MarketStatus::kInactive;
    case kalshi::MarketStatusFilter::kClosed:
      return status == MarketStatus::kClosed || status == MarketStatus::kDetermined ||
             status == MarketStatus::kDisputed || status == MarketStatus::kAmended;
    case kalshi::MarketStatusFilter::kSettled:
      return status == MarketStatus::kFinalized;
  }
  return false;
}

bool IsHistorical(const MarketState& market, Timestamp now) {
  return market.status == venue::MarketStatus::kFinalized &&
         market.settlement_time < HistoricalCutoff(now).market_settled_time;
}

}  // namespace evx::mock_kalshi
