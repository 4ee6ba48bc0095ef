#include <algorithm>

#include "evx/core/check.h"
#include "maintenance_schedule.h"
#include "market_desk.h"

// The half of MarketDesk that moves markets through their lives, with its timers and pauses.

namespace evx::venue {

// --- Time ---------------------------------------------------------------------------------------

void MarketDesk::Advance(Timestamp time) {
  state_.command_time = time;
  while (const std::optional<Timers::Timer> timer = state_.timers.TakeDue(time)) {
    // A timer that was set for the past (a close time moved back) fires now.
    state_.time = std::max(state_.time, timer->time);
    orders_.ExpireUpTo(state_.time);
    Fire(*timer);
  }
  state_.time = time;
  orders_.ExpireUpTo(time);
}

void MarketDesk::Fire(const Timers::Timer& timer) {
  switch (timer.kind) {
    case Timers::Kind::kSchedule: {
      const bool was_active = state_.trading_active();
      state_.in_maintenance = IsMaintenance(state_.time);
      state_.schedule_timer = Timestamp();
      ResetScheduleTimer();
      StatusChanged(state_.exchange_active, was_active);
      return;
    }
    case Timers::Kind::kFeeChange:
      ApplyFeeChange(timer.id);
      return;
    case Timers::Kind::kMarket:
      FireMarket(*state_.catalogue.Find(MarketId(static_cast<std::uint32_t>(timer.id))));
      return;
  }
}

void MarketDesk::FireMarket(MarketRecord& market) {
  market.timer = Timestamp();
  switch (market.status) {
    case MarketStatus::kInitialized:
      SetStatus(market, MarketStatus::kActive);
      return;
    case MarketStatus::kActive:
    case MarketStatus::kInactive:
      Close(market);
      return;
    case MarketStatus::kDetermined:
    case MarketStatus::kAmended:
      Settle(market);
      return;
    case MarketStatus::kFinalized:
      Archive(market);
      return;
    case MarketStatus::kClosed:
    case MarketStatus::kDisputed:
      EVX_CHECK(false && "a closed or disputed market has no timer");
  }
}

void MarketDesk::ResetTimer(MarketRecord& market) {
  const auto timer_at = [&market](Timestamp time) {
    return Timers::Timer{time, Timers::Kind::kMarket, market.id().value()};
  };
  if (market.timer) state_.timers.Remove(timer_at(market.timer));
  market.timer = Timestamp();
  switch (market.status) {
    case MarketStatus::kInitialized:
      market.timer = market.definition.open_time;
      break;
    case MarketStatus::kActive:
    case MarketStatus::kInactive:
      market.timer = market.definition.close_time;
      break;
    case MarketStatus::kDetermined:
    case MarketStatus::kAmended:
      market.timer = market.settlement_time;
      break;
    case MarketStatus::kFinalized:
      if (!market.is_archived) {
        market.timer = Timestamp::FromNanos(market.settlement_time.nanos() + kArchiveDelayNanos);
      }
      break;
    case MarketStatus::kClosed:
    case MarketStatus::kDisputed:
      break;
  }
  if (market.timer) state_.timers.Add(timer_at(market.timer));
}

void MarketDesk::ResumeTimers() {
  for (MarketRecord& market : state_.catalogue.markets()) ResetTimer(market);
  for (const auto& [id, change] : state_.catalogue.fee_changes()) {
    state_.timers.Add({change.effective_time, Timers::Kind::kFeeChange, id});
  }
  ResetScheduleTimer();
}

// Sets the timer that schedule and time ask for.
void MarketDesk::ResetScheduleTimer() {
  if (state_.schedule_timer) {
    state_.timers.Remove({state_.schedule_timer, Timers::Kind::kSchedule, 0});
  }
  state_.schedule_timer =
      state_.schedule == Schedule::kKalshi ? NextMaintenanceBoundary(state_.time) : Timestamp();
  if (state_.schedule_timer) {
    state_.timers.Add({state_.schedule_timer, Timers::Kind::kSchedule, 0});
  }
}

// --- Pauses -------------------------------------------------------------------------------------

Refused MarketDesk::Apply(const SetSchedule& command) {
  const bool was_active = state_.trading_active();
  state_.schedule = command.schedule;
  state_.in_maintenance = command.schedule == Schedule::kKalshi && IsMaintenance(state_.time);
  ResetScheduleTimer();
  StatusChanged(state_.exchange_active, was_active);
  return std::nullopt;
}

void MarketDesk::StatusChanged(bool exchange_was_active, bool trading_was_active) {
  const bool trading_active = state_.trading_active();
  if (state_.exchange_active == exchange_was_active && trading_active == trading_was_active) {
    return;
  }
  turn_.Emit(ExchangeStatusChanged{.exchange_active = state_.exchange_active,
                                   .trading_active = trading_active});
  if ((exchange_was_active && !state_.exchange_active) || (trading_was_active && !trading_active)) {
    orders_.CancelOnPause();
  }
}

Refused MarketDesk::Apply(const SetExchangeStatus& command) {
  const bool exchange_was_active = state_.exchange_active;
  const bool trading_was_active = state_.trading_active();
  state_.exchange_active = command.exchange_active;
  state_.trading_enabled = command.trading_active;
  StatusChanged(exchange_was_active, trading_was_active);
  return std::nullopt;
}

// --- Open and closed ----------------------------------------------------------------------------

void MarketDesk::SetStatus(MarketRecord& market, MarketStatus status) {
  market.status = status;
  market.update_time = state_.command_time;
  turn_.Emit(MarketStatusChanged{.market = market.id(), .status = status});
  ResetTimer(market);
}

void MarketDesk::Close(MarketRecord& market) {
  if (market.HasBook()) orders_.CancelMarket(market, CancelReason::kMarketClosed);
  SetStatus(market, MarketStatus::kClosed);
}

Refused MarketDesk::Apply(const ActivateMarket& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (market->status != MarketStatus::kInitialized && market->status != MarketStatus::kInactive) {
    return RejectReason::kInvalidTransition;
  }
  turn_.result.market = command.market;
  if (market->HasBook()) orders_.CancelMarket(*market, CancelReason::kMarketReactivated);
  SetStatus(*market, MarketStatus::kActive);
  return std::nullopt;
}

Refused MarketDesk::Apply(const DeactivateMarket& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (market->status != MarketStatus::kActive) return RejectReason::kInvalidTransition;
  turn_.result.market = command.market;
  SetStatus(*market, MarketStatus::kInactive);
  return std::nullopt;
}

Refused MarketDesk::CheckCloseTime(const MarketRecord& market, Timestamp close_time) const {
  if (!close_time) return RejectReason::kInvalidDefinition;
  // A past time closes now; a future one must leave a time to trade.
  if (close_time > state_.time && close_time <= market.definition.open_time) {
    return RejectReason::kInvalidDefinition;
  }
  switch (market.status) {
    case MarketStatus::kInitialized:
    case MarketStatus::kActive:
    case MarketStatus::kInactive:
      if (close_time < market.definition.close_time && !market.definition.can_close_early) {
        return RejectReason::kInvalidTransition;
      }
      return std::nullopt;
    case MarketStatus::kClosed:
      if (close_time <= state_.time) return RejectReason::kInvalidTransition;
      return std::nullopt;
    case MarketStatus::kDetermined:
    case MarketStatus::kDisputed:
    case MarketStatus::kAmended:
    case MarketStatus::kFinalized:
      return RejectReason::kInvalidTransition;
  }
  return RejectReason::kInvalidTransition;
}

void MarketDesk::MoveCloseTime(MarketRecord& market, Timestamp close_time) {
  market.definition.close_time = close_time;
  market.update_time = state_.command_time;
  turn_.Emit(MarketCloseTimeChanged{.market = market.id(), .close_time = close_time});
  if (close_time <= state_.time) {
    Close(market);
  } else if (market.status == MarketStatus::kClosed) {
    SetStatus(market, MarketStatus::kActive);
  } else {
    ResetTimer(market);
  }
}

Refused MarketDesk::Apply(const SetMarketCloseTime& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (Refused refused = CheckCloseTime(*market, command.close_time)) return refused;
  turn_.result.market = command.market;
  MoveCloseTime(*market, command.close_time);
  return std::nullopt;
}

// --- Determination and settlement ---------------------------------------------------------------

Refused MarketDesk::CheckResult(const MarketRecord& market, const DetermineMarket& command) {
  const Money value = command.settlement_value * Quantity::FromContracts(1);
  switch (command.result) {
    case MarketResult::kNone:
      return RejectReason::kInvalidResult;
    case MarketResult::kYes:
      if (value != Money::FromDollars(1)) return RejectReason::kInvalidResult;
      break;
    case MarketResult::kNo:
      if (value != Money()) return RejectReason::kInvalidResult;
      break;
    case MarketResult::kScalar:
      break;
  }
  const EventRecord& event = *state_.catalogue.Find(market.definition.event);
  if (!event.definition.mutually_exclusive) return std::nullopt;
  Money sum = value;
  for (const MarketId id : event.markets) {
    const MarketRecord& other = *state_.catalogue.Find(id);
    const bool has_result = other.status == MarketStatus::kDetermined ||
                            other.status == MarketStatus::kAmended ||
                            other.status == MarketStatus::kFinalized;
    if (id != market.id() && has_result) {
      sum += other.settlement_value * Quantity::FromContracts(1);
    }
  }
  if (sum > Money::FromDollars(1)) return RejectReason::kInvalidResult;
  return std::nullopt;
}

Refused MarketDesk::Apply(const DetermineMarket& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (market->status != MarketStatus::kClosed && market->status != MarketStatus::kDisputed) {
    return RejectReason::kInvalidTransition;
  }
  if (Refused refused = CheckResult(*market, command)) return refused;
  turn_.result.market = command.market;
  market->result = command.result;
  market->settlement_value = command.settlement_value;
  market->expiration_value = command.expiration_value;
  market->determination_time = state_.command_time;
  market->settlement_time =
      state_.time + absl::Seconds(market->definition.settlement_timer_seconds);
  turn_.Emit(MarketDetermined{.market = market->id(),
                              .result = market->result,
                              .settlement_value = market->settlement_value,
                              .expiration_value = market->expiration_value,
                              .settlement_time = market->settlement_time});
  SetStatus(*market, market->status == MarketStatus::kClosed ? MarketStatus::kDetermined
                                                             : MarketStatus::kAmended);
  if (market->settlement_time <= state_.time) Settle(*market);
  return std::nullopt;
}

Refused MarketDesk::Apply(const DisputeMarket& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (market->status != MarketStatus::kDetermined) return RejectReason::kInvalidTransition;
  turn_.result.market = command.market;
  SetStatus(*market, MarketStatus::kDisputed);
  return std::nullopt;
}

Refused MarketDesk::Apply(const SettleMarket& command) {
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (market->status != MarketStatus::kDetermined && market->status != MarketStatus::kAmended) {
    return RejectReason::kInvalidTransition;
  }
  turn_.result.market = command.market;
  Settle(*market);
  return std::nullopt;
}

void MarketDesk::Settle(MarketRecord& market) {
  std::vector<ledger::SettlementEntry> entries;
  const ledger::Refusal refusal =
      state_.ledger.Settle(market.id(), market.settlement_value, entries, turn_.postings);
  EVX_CHECK(!refusal);  // No order rests, and CheckResult saw to the event's values.
  EmitSettlement(market, entries);
  turn_.Emit(MarketSettled{
      .market = market.id(), .result = market.result, .settlement_value = market.settlement_value});
  market.settlement_time = state_.time;
  market.payment_time = state_.command_time;
  state_.free_books.push_back(market.book);
  state_.catalogue.MarketFinalized();
  std::erase_if(state_.busted_trades,
                [&market](const auto& entry) { return entry.second == market.id(); });
  SetStatus(market, MarketStatus::kFinalized);
}

void MarketDesk::EmitSettlement(const MarketRecord& market,
                                const std::vector<ledger::SettlementEntry>& entries) {
  // The postings come in the order of the entries.
  std::size_t posted = 0;
  for (const ledger::SettlementEntry& entry : entries) {
    if (!entry.net.is_zero()) {
      const bool is_yes = entry.net > Quantity();
      turn_.Emit(PositionSettled{.account = entry.account,
                                 .subaccount = entry.subaccount_number,
                                 .market = market.id(),
                                 .position = entry.net,
                                 .yes_cost = is_yes ? entry.cost : Money(),
                                 .no_cost = is_yes ? Money() : entry.cost,
                                 .revenue = entry.payout,
                                 .fee = entry.fee});
    }
    for (; posted < turn_.postings.size() && turn_.postings[posted].account == entry.account &&
           turn_.postings[posted].subaccount == entry.subaccount_number;
         ++posted) {
      turn_.EmitPosting(turn_.postings[posted]);
      turn_.Touch(entry.subaccount);
    }
    if (!entry.net.is_zero()) {
      turn_.Emit(PositionChanged{.account = entry.account,
                                 .subaccount = entry.subaccount_number,
                                 .market = market.id(),
                                 .realized_pnl = entry.total_realized_pnl,
                                 .fees_paid = entry.total_fees_paid,
                                 .total_traded = entry.total_traded});
    }
  }
  EVX_CHECK(posted == turn_.postings.size());
  turn_.postings.clear();
}

void MarketDesk::Archive(MarketRecord& market) {
  market.is_archived = true;
  market.definition.facts_json = std::string();
  state_.client_order_ids.ForgetMarket(market.id());
}

// --- Busts --------------------------------------------------------------------------------------

Refused MarketDesk::Apply(const BustTrade& command) {
  const auto subaccount_of = [this](const BustTrade::Party& party) {
    return state_.accounts.Find(party.account) == nullptr
               ? ledger::SubaccountIndex()
               : state_.ledger.FindSubaccount(party.account, party.subaccount);
  };
  for (const BustTrade::Party* party : {&command.taker, &command.maker}) {
    if (state_.accounts.Find(party->account) == nullptr) return RejectReason::kUnknownAccount;
  }
  const ledger::SubaccountIndex taker = subaccount_of(command.taker);
  const ledger::SubaccountIndex maker = subaccount_of(command.maker);
  if (!taker || !maker) return RejectReason::kUnknownSubaccount;
  MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return RejectReason::kUnknownMarket;
  if (!command.trade_id || command.trade_id > state_.last_trade_id) {
    return RejectReason::kUnknownTrade;
  }
  if (command.quantity <= Quantity() || command.quantity > matching::kQuantityMax) {
    return RejectReason::kInvalidQuantity;
  }
  if (command.taker.side == command.maker.side || command.price == Price() ||
      command.price.Complement() == Price() || command.taker.fee < Money() ||
      command.maker.fee < Money() || command.taker.account == command.maker.account ||
      command.taker.fee > FaceValue(command.quantity) ||
      command.maker.fee > FaceValue(command.quantity)) {
    return RejectReason::kInvalidDefinition;
  }
  if (market->status == MarketStatus::kFinalized) return RejectReason::kInvalidTransition;
  if (state_.busted_trades.contains(command.trade_id)) return RejectReason::kAlreadyBusted;
  const ledger::BustSide taker_side{.subaccount = taker, .fee = command.taker.fee};
  const ledger::BustSide maker_side{.subaccount = maker, .fee = command.maker.fee};
  const bool taker_bought = command.taker.side == BookSide::kBid;
  if (state_.ledger.BustTrade(command.market, command.price, command.quantity, command.trade_id,
                              taker_bought ? taker_side : maker_side,
                              taker_bought ? maker_side : taker_side, turn_.postings)) {
    return RejectReason::kReversalOverdraws;
  }
  state_.busted_trades.emplace(command.trade_id, command.market);
  turn_.result.market = command.market;
  turn_.Emit(TradeBusted{.trade_id = command.trade_id,
                         .market = command.market,
                         .open_interest_after = state_.ledger.open_interest(command.market)});
  for (const ledger::SubaccountIndex subaccount : {maker, taker}) {
    if (const ledger::Position* row = state_.ledger.FindPosition(subaccount, command.market)) {
      turn_.EmitPosition(*row);
    }
    turn_.Touch(subaccount);
  }
  turn_.EmitPostings();
  return std::nullopt;
}

}  // namespace evx::venue
