#include <algorithm>

#include "evx/core/check.h"
#include "evx/matching/commands.h"
#include "order_desk.h"

namespace evx::venue {
namespace {

using matching::OrderOutcome;

// Group ids in the record are narrower than on the wire; GroupDesk keeps them in range.
constexpr std::uint32_t GroupValue(OrderGroupId id) {
  return static_cast<std::uint32_t>(id.value());
}

RejectReason ReasonOf(const ledger::ReserveResult& result) {
  // The only other refusal is a position that no real order reaches.
  return *result.refusal == ledger::RejectReason::kInsufficientFunds
             ? RejectReason::kInsufficientBalance
             : RejectReason::kInvalidQuantity;
}

}  // namespace

Refused OrderDesk::CheckPauses() const {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  if (!state_.trading_active()) return RejectReason::kTradingPaused;
  return std::nullopt;
}

Refused OrderDesk::CheckAccount(AccountId id, AccountRecord*& account) const {
  account = state_.accounts.Find(id);
  if (account == nullptr) return RejectReason::kUnknownAccount;
  if (account->disabled) return RejectReason::kAccountDisabled;
  return std::nullopt;
}

Refused OrderDesk::CheckWho(const CreateOrder& command, Entry& entry) const {
  if (Refused refused = CheckAccount(command.account, entry.account)) return refused;
  entry.subaccount = state_.ledger.FindSubaccount(command.account, command.subaccount);
  if (!entry.subaccount) return RejectReason::kUnknownSubaccount;
  entry.market = state_.catalogue.Find(command.market);
  if (entry.market == nullptr) return RejectReason::kUnknownMarket;
  if (command.order_group) {
    entry.group = state_.order_groups.Find(command.order_group);
    if (entry.group == nullptr || entry.group->account != command.account ||
        entry.group->subaccount != command.subaccount) {
      return RejectReason::kUnknownOrderGroup;
    }
  }
  return std::nullopt;
}

Refused OrderDesk::CheckTerms(const CreateOrder& command, Entry& entry) const {
  if (entry.market->status != MarketStatus::kActive) return RejectReason::kMarketInactive;
  if (!Price::IsValid(command.price_micros)) return RejectReason::kInvalidPrice;
  entry.price = Price::FromMicros(command.price_micros);
  const std::optional<PriceGrid::TickIndex> tick = entry.market->grid->IndexOf(entry.price);
  if (!tick) return RejectReason::kInvalidPrice;
  entry.tick = *tick;
  if (command.quantity <= Quantity() || command.quantity > matching::kQuantityMax) {
    return RejectReason::kInvalidQuantity;
  }
  entry.quantity = command.quantity;
  const bool may_rest = command.time_in_force == TimeInForce::kGoodTillCanceled;
  if (command.expiration && command.expiration <= state_.time) {
    return RejectReason::kExpirationInPast;
  }
  if (command.expiration && !may_rest) return RejectReason::kExpirationNotAllowed;
  if (command.post_only && !may_rest) return RejectReason::kPostOnlyNotAllowed;
  if (command.reduce_only && command.time_in_force != TimeInForce::kImmediateOrCancel) {
    return RejectReason::kReduceOnlyNotImmediate;
  }
  return std::nullopt;
}

Refused OrderDesk::CheckLimits(const CreateOrder& command, Entry& entry) {
  if (!command.client_order_id.empty()) {
    entry.client_key = ClientOrderIds::KeyOf(command.account, command.client_order_id.view());
    if (const OrderId first = state_.client_order_ids.Find(entry.client_key)) {
      turn_.result.order_id = first;
      return RejectReason::kDuplicateClientOrderId;
    }
  }
  if (entry.group != nullptr && entry.group->triggered) return RejectReason::kOrderGroupTriggered;
  if (entry.account->orders.count >= state_.options.open_order_count_per_account_max) {
    return RejectReason::kOpenOrderCountAtMax;
  }
  return std::nullopt;
}

Refused OrderDesk::Apply(const CreateOrder& command) {
  Entry entry;
  if (Refused refused = CheckPauses()) return refused;
  if (Refused refused = CheckWho(command, entry)) return refused;
  if (Refused refused = CheckTerms(command, entry)) return refused;
  if (Refused refused = CheckLimits(command, entry)) return refused;
  if (command.reduce_only) {
    entry.quantity = std::min(
        command.quantity, state_.ledger.Reducible(entry.subaccount, command.market, command.side));
    if (entry.quantity <= Quantity()) {
      AcceptAndCancel(command, entry, CancelReason::kReduceOnly);
      return std::nullopt;
    }
  }

  const ledger::FeeTerms fees = state_.FeesOf(*entry.market);
  ledger::OrderReserve reserve;
  const ledger::ReserveResult reserved = state_.ledger.Reserve(
      {.subaccount = entry.subaccount,
       .market = command.market,
       .side = command.side,
       .limit = entry.price,
       .quantity = entry.quantity,
       .liquidity = command.post_only ? ledger::Liquidity::kMaker : ledger::Liquidity::kTaker},
      fees, reserve);
  if (!reserved.ok()) return ReasonOf(reserved);

  const OrderId order_id(state_.last_order_id.value() + 1);
  const matching::Execution execution = state_.engine.Apply(
      matching::CreateOrder{.order_id = order_id,
                            .book = entry.market->book,
                            .owner = matching::OwnerId(command.account.value()),
                            .side = command.side,
                            .time_in_force = command.time_in_force,
                            .self_trade_prevention = command.self_trade_prevention,
                            .post_only = command.post_only,
                            .tick = entry.tick,
                            .quantity = entry.quantity,
                            .expiration = command.expiration});
  if (execution.reject) {
    state_.ledger.Release(reserve, reserve.open);
    if (*execution.reject == matching::RejectReason::kPostOnlyWouldCross) {
      AcceptAndCancel(command, entry, CancelReason::kPostOnlyCross);
      turn_.result.reject = RejectReason::kPostOnlyWouldCross;
      return std::nullopt;
    }
    if (*execution.reject == matching::RejectReason::kFillOrKillInsufficientVolume) {
      return RejectReason::kFillOrKillInsufficientVolume;
    }
    // Everything else was checked before.
    EVX_CHECK(*execution.reject == matching::RejectReason::kOrderCountAtMax);
    return RejectReason::kOrderCountAtMax;
  }
  turn_.Touch(entry.subaccount);
  Accept(command, entry);
  // What simply rests is written where it belongs: a copy of what was just stored piece by piece
  // would wait for all of it. After a match the slot may still hold the maker's record.
  OrderRecord passing;
  const bool in_place = execution.outcome == OrderOutcome::kResting && execution.steps.empty();
  OrderRecord& record = in_place ? state_.orders[execution.slot] : passing;
  if (in_place) record = OrderRecord();
  record.reserve = reserve;
  record.order_id = order_id;
  record.create_time = record.last_update_time = state_.time;
  record.quantity = command.quantity;
  record.tick = entry.tick;
  record.account = command.account;
  record.market = command.market;
  record.order_group = GroupValue(command.order_group);
  record.subaccount_number = command.subaccount;
  record.cancels_maker = command.self_trade_prevention == SelfTradePrevention::kMaker;
  record.post_only = command.post_only;
  record.cancel_on_pause = command.cancel_on_pause;
  if (!execution.steps.empty()) Trade(*entry.market, execution.steps, record);
  Finish(command, entry, execution, record);
  TriggerGroups();
  return std::nullopt;
}

void OrderDesk::Prefetch(const CreateOrder& command, Exchange::PrefetchStage stage) const {
  if (state_.accounts.Find(command.account) == nullptr) return;
  const MarketRecord* const market = state_.catalogue.Find(command.market);
  if (market == nullptr) return;
  const auto subaccount = state_.ledger.FindSubaccount(command.account, command.subaccount);
  switch (stage) {
    case Exchange::PrefetchStage::kPlaces:
      state_.accounts.Prefetch(command.account);
      state_.catalogue.Prefetch(command.market);
      state_.ledger.PrefetchKey(subaccount, command.market);
      if (!command.client_order_id.empty()) {
        state_.client_order_ids.Prefetch(
            ClientOrderIds::KeyOf(command.account, command.client_order_id.view()));
      }
      return;
    case Exchange::PrefetchStage::kRecords:
      state_.ledger.PrefetchRow(subaccount, command.market);
      if (market->HasBook()) state_.engine.PrefetchBook(market->book);
      return;
    case Exchange::PrefetchStage::kRows:
      if (market->HasBook()) state_.engine.PrefetchBest(market->book, Opposite(command.side));
      return;
  }
}

void OrderDesk::Accept(const CreateOrder& command, const Entry& entry) {
  state_.last_order_id = OrderId(state_.last_order_id.value() + 1);
  const OrderId order_id = state_.last_order_id;
  if (!command.client_order_id.empty()) {
    state_.client_order_ids.Add(entry.client_key, order_id, command.market);
  }
  turn_.result.order_id = order_id;
  turn_.result.client_order_id = command.client_order_id;
  turn_.Emit(OrderAccepted{.order_id = order_id,
                           .account = command.account,
                           .subaccount = command.subaccount,
                           .market = command.market,
                           .side = command.side,
                           .time_in_force = command.time_in_force,
                           .self_trade_prevention = command.self_trade_prevention,
                           .post_only = command.post_only,
                           .reduce_only = command.reduce_only,
                           .cancel_on_pause = command.cancel_on_pause,
                           .price = entry.price,
                           .quantity = command.quantity,
                           .expiration = command.expiration,
                           .order_group = command.order_group,
                           .client_order_id = command.client_order_id});
}

void OrderDesk::AcceptAndCancel(const CreateOrder& command, const Entry& entry,
                                CancelReason reason) {
  Accept(command, entry);
  turn_.Emit(OrderCanceled{.order_id = turn_.result.order_id,
                           .account = command.account,
                           .subaccount = command.subaccount,
                           .market = command.market,
                           .reason = reason,
                           .canceled_quantity = command.quantity});
}

void OrderDesk::Finish(const CreateOrder& command, const Entry& entry,
                       const matching::Execution& execution, OrderRecord& record) {
  if (execution.outcome == OrderOutcome::kResting) {
    Rest(command, entry, execution, record);
    return;
  }
  if (!record.reserve.open.is_zero()) state_.ledger.Release(record.reserve, record.reserve.open);
  const Quantity canceled = command.quantity - execution.filled;
  if (canceled.is_zero()) return;
  CancelReason reason = CancelReason::kImmediateOrCancel;
  if (execution.outcome == OrderOutcome::kSelfTradeCanceled) {
    reason = CancelReason::kSelfTradePrevention;
  } else if (execution.outcome == OrderOutcome::kFilled) {
    reason = CancelReason::kReduceOnly;  // The position is gone before the order is filled.
  }
  EmitCanceled(record, canceled, reason);
}

void OrderDesk::Rest(const CreateOrder& command, const Entry& entry,
                     const matching::Execution& execution, OrderRecord& record) {
  state_.ledger.Rest(record.reserve, state_.FeesOf(*entry.market));
  record.client_order_id = state_.orders.texts().Add(command.client_order_id.view());
  if (&state_.orders[execution.slot] != &record) state_.orders[execution.slot] = record;
  state_.orders.Link(execution.slot, entry.account->orders,
                     entry.group == nullptr ? nullptr : &entry.group->orders);
  if (record.cancel_on_pause) ++state_.cancel_on_pause_count;
  turn_.result.remaining = execution.remaining;
  EmitLevel(record, entry.tick, entry.price, execution.remaining);
}

}  // namespace evx::venue
