#include <algorithm>

#include "evx/core/check.h"
#include "market_desk.h"

// The half of MarketDesk that defines series, events and markets.

namespace evx::venue {
namespace {

constexpr std::int64_t kSettlementTimerSecondsMax = 10LL * 365 * 86'400;

bool AreValidFacts(std::string_view facts_json) {
  return facts_json.size() <= Catalogue::kFactsSizeMax;
}

bool AreValidTimes(const PutMarket& command) {
  return command.open_time && command.close_time > command.open_time &&
         command.settlement_timer_seconds >= 0 &&
         command.settlement_timer_seconds <= kSettlementTimerSecondsMax;
}

MarketPut DefinitionOf(const PutMarket& command) {
  return {.ticker = command.ticker,
          .event = command.event,
          .price_level_structure = command.price_level_structure,
          .open_time = command.open_time,
          .close_time = command.close_time,
          .settlement_timer_seconds = command.settlement_timer_seconds,
          .can_close_early = command.can_close_early,
          .fee_waiver_expiration = command.fee_waiver_expiration,
          .is_new = true,
          .facts_json = command.facts_json};
}

}  // namespace

Refused MarketDesk::Apply(const PutSeries& command) {
  if (!Catalogue::IsValidTicker(command.ticker.view())) return RejectReason::kInvalidTicker;
  if (!Catalogue::IsValid(command.fee_terms) || !AreValidFacts(command.facts_json)) {
    return RejectReason::kInvalidDefinition;
  }
  SeriesRecord* series = state_.catalogue.FindSeries(command.ticker.view());
  if (series != nullptr) return EditSeries(*series, command);
  if (state_.catalogue.series().size() >= Catalogue::kSeriesCountMax) {
    return RejectReason::kCountAtMax;
  }
  series = &state_.catalogue.Add(SeriesPut{
      .ticker = command.ticker, .fee_terms = command.fee_terms, .facts_json = command.facts_json});
  turn_.result.series = series->definition.series;
  turn_.Emit(series->definition);
  return std::nullopt;
}

Refused MarketDesk::EditSeries(SeriesRecord& series, const PutSeries& command) {
  series.definition.fee_terms = command.fee_terms;
  series.definition.facts_json = command.facts_json;
  RefreshFees(series);
  turn_.result.series = series.definition.series;
  turn_.Emit(series.definition);
  return std::nullopt;
}

Refused MarketDesk::Apply(const PutEvent& command) {
  if (state_.catalogue.Find(command.series) == nullptr) return RejectReason::kUnknownSeries;
  if (!Catalogue::IsValidTicker(command.ticker.view())) return RejectReason::kInvalidTicker;
  if (!Catalogue::IsValid(command.fee_override) || !AreValidFacts(command.facts_json) ||
      (command.collateral_return != CollateralReturn::kNone && !command.mutually_exclusive)) {
    return RejectReason::kInvalidDefinition;
  }
  EventRecord* event = state_.catalogue.FindEvent(command.ticker.view());
  if (event != nullptr) return EditEvent(*event, command);
  if (state_.catalogue.events().size() >= Catalogue::kEventCountMax) {
    return RejectReason::kCountAtMax;
  }
  event = &state_.catalogue.Add(EventPut{.ticker = command.ticker,
                                         .series = command.series,
                                         .mutually_exclusive = command.mutually_exclusive,
                                         .collateral_return = command.collateral_return,
                                         .has_fee_override = command.has_fee_override,
                                         .fee_override = command.fee_override,
                                         .facts_json = command.facts_json});
  state_.ledger.AddEvent(event->definition.event,
                         command.collateral_return == CollateralReturn::kMutuallyExclusive);
  turn_.result.event = event->definition.event;
  turn_.Emit(event->definition);
  return std::nullopt;
}

Refused MarketDesk::EditEvent(EventRecord& event, const PutEvent& command) {
  EventPut& definition = event.definition;
  // Positions may rest on these.
  if (command.series != definition.series ||
      command.mutually_exclusive != definition.mutually_exclusive ||
      command.collateral_return != definition.collateral_return) {
    return RejectReason::kInvalidDefinition;
  }
  definition.has_fee_override = command.has_fee_override;
  definition.fee_override = command.fee_override;
  definition.facts_json = command.facts_json;
  RefreshFees(event);
  turn_.result.event = definition.event;
  turn_.Emit(definition);
  return std::nullopt;
}

Refused MarketDesk::Apply(const PutMarket& command) {
  if (state_.catalogue.Find(command.event) == nullptr) return RejectReason::kUnknownEvent;
  if (!Catalogue::IsValidTicker(command.ticker.view())) return RejectReason::kInvalidTicker;
  if (!AreValidTimes(command) || !AreValidFacts(command.facts_json) ||
      state_.catalogue.Grid(command.price_level_structure.view()) == nullptr) {
    return RejectReason::kInvalidDefinition;
  }
  MarketRecord* const market = state_.catalogue.FindMarket(command.ticker.view());
  return market == nullptr ? CreateMarket(command) : EditMarket(*market, command);
}

Refused MarketDesk::CreateMarket(const PutMarket& command) {
  if (command.close_time <= state_.time) return RejectReason::kInvalidDefinition;
  const MarketId id(static_cast<std::uint32_t>(state_.catalogue.markets().size() + 1));
  if (state_.catalogue.live_market_count() >= state_.options.market_count_max ||
      id.value() > ClientOrderIds::kMarketMax || !state_.ledger.AddMarket(id, command.event)) {
    return RejectReason::kCountAtMax;
  }
  MarketRecord& market = state_.catalogue.Add(DefinitionOf(command));
  EVX_CHECK(market.id() == id);
  market.create_time = state_.command_time;
  if (state_.free_books.empty()) {
    market.book = state_.engine.AddBook(market.grid->tick_count());
  } else {
    market.book = state_.free_books.back();
    state_.free_books.pop_back();
    state_.engine.ResizeBook(market.book, market.grid->tick_count());
  }
  turn_.result.market = id;
  turn_.Emit(market.definition);
  SetStatus(market,
            command.open_time <= state_.time ? MarketStatus::kActive : MarketStatus::kInitialized);
  return std::nullopt;
}

Refused MarketDesk::EditMarket(MarketRecord& market, const PutMarket& command) {
  MarketPut& definition = market.definition;
  const bool is_open = market.status != MarketStatus::kInitialized;
  if (command.event != definition.event ||
      command.price_level_structure != definition.price_level_structure ||
      (is_open && command.open_time != definition.open_time)) {
    return RejectReason::kInvalidDefinition;
  }
  if (is_open && !market.HasBook()) return RejectReason::kInvalidTransition;
  const bool moves_close = command.close_time != definition.close_time;
  if (moves_close) {
    if (Refused refused = CheckCloseTime(market, command.close_time)) return refused;
  }
  turn_.result.market = market.id();
  MarketPut edited = DefinitionOf(command);
  edited.market = market.id();
  edited.is_new = false;
  turn_.Emit(edited);
  definition = std::move(edited);
  market.update_time = state_.command_time;
  if (!is_open && command.open_time <= state_.time) SetStatus(market, MarketStatus::kActive);
  if (moves_close) {
    MoveCloseTime(market, command.close_time);
  } else {
    ResetTimer(market);
  }
  return std::nullopt;
}

Refused MarketDesk::Apply(const ScheduleFeeChange& command) {
  const bool for_series = static_cast<bool>(command.series);
  if (for_series && state_.catalogue.Find(command.series) == nullptr) {
    return RejectReason::kUnknownSeries;
  }
  if (command.event && state_.catalogue.Find(command.event) == nullptr) {
    return RejectReason::kUnknownEvent;
  }
  if (for_series == static_cast<bool>(command.event) || (for_series && command.clear_override) ||
      !Catalogue::IsValid(command.fee_terms)) {
    return RejectReason::kInvalidDefinition;
  }
  if (state_.catalogue.fee_changes().size() >= Catalogue::kFeeChangeCountMax) {
    return RejectReason::kCountAtMax;
  }
  const std::uint64_t id = ++state_.last_fee_change_id;
  const FeeChangeScheduled change{.id = id,
                                  .series = command.series,
                                  .event = command.event,
                                  .clear_override = command.clear_override,
                                  .fee_terms = command.fee_terms,
                                  .effective_time = command.effective_time};
  state_.catalogue.fee_changes().emplace(id, change);
  turn_.Emit(change);
  if (command.effective_time <= state_.time) {
    ApplyFeeChange(id);
  } else {
    state_.timers.Add({command.effective_time, Timers::Kind::kFeeChange, id});
  }
  return std::nullopt;
}

void MarketDesk::ApplyFeeChange(std::uint64_t id) {
  const auto it = state_.catalogue.fee_changes().find(id);
  EVX_CHECK(it != state_.catalogue.fee_changes().end());
  const FeeChangeScheduled change = it->second;
  state_.catalogue.fee_changes().erase(it);
  if (change.series) {
    SeriesRecord& series = *state_.catalogue.Find(change.series);
    series.definition.fee_terms = change.fee_terms;
    RefreshFees(series);
  } else {
    EventRecord& event = *state_.catalogue.Find(change.event);
    event.definition.has_fee_override = !change.clear_override;
    event.definition.fee_override = change.clear_override ? FeeTerms() : change.fee_terms;
    RefreshFees(event);
  }
  turn_.Emit(FeeTermsChanged{.series = change.series,
                             .event = change.event,
                             .clear_override = change.clear_override,
                             .fee_terms = change.fee_terms});
}

void MarketDesk::RefreshFees(const SeriesRecord& series) {
  for (const EventId event : series.events) RefreshFees(*state_.catalogue.Find(event));
}

void MarketDesk::RefreshFees(const EventRecord& event) {
  for (const MarketId id : event.markets) {
    MarketRecord& market = *state_.catalogue.Find(id);
    market.fee_terms = state_.catalogue.FeeTermsOf(market);
  }
}

Refused MarketDesk::Apply(const ChangePriceGrid& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  const PriceGrid* const grid = state_.catalogue.Grid(command.price_level_structure.view());
  if (grid == nullptr) return RejectReason::kInvalidDefinition;
  if (market->status != MarketStatus::kInitialized && !market->HasBook()) {
    return RejectReason::kInvalidTransition;
  }
  if (!Regrid(*market, *grid)) return RejectReason::kBookNotEmpty;
  market->definition.price_level_structure = command.price_level_structure;
  market->update_time = state_.command_time;
  turn_.result.market = command.market;
  turn_.Emit(PriceGridChanged{.market = command.market,
                              .price_level_structure = command.price_level_structure});
  return std::nullopt;
}

bool MarketDesk::Regrid(MarketRecord& market, const PriceGrid& grid) {
  std::vector<matching::RestingOrder> resting;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    state_.engine.VisitOrders(market.book, side, [&resting](const matching::RestingOrder& order) {
      resting.push_back(order);
    });
  }
  for (matching::RestingOrder& order : resting) {
    const auto tick = grid.IndexOf(state_.orders[order.slot].price());
    if (!tick) return false;
    order.tick = *tick;
  }
  // The engine takes the slot freed last first: freed backwards, each order gets its own again.
  for (auto order = resting.rbegin(); order != resting.rend(); ++order) {
    state_.engine.Apply(matching::CancelOrder{.order_id = order->order_id});
  }
  state_.engine.ResizeBook(market.book, grid.tick_count());
  for (const matching::RestingOrder& order : resting) {
    EVX_CHECK(state_.engine.Restore(order) == order.slot);
    state_.orders[order.slot].tick = order.tick;
  }
  market.grid = &grid;
  return true;
}

}  // namespace evx::venue
