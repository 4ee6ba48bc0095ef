#include "evx/core/check.h"
#include "order_desk.h"

namespace evx::venue {

using matching::OrderOutcome;

Refused OrderDesk::FindTarget(AccountId account, std::int8_t subaccount, OrderId order_id,
                              Target& target) {
  if (Refused refused = CheckAccount(account, target.account)) return refused;
  const std::optional<matching::RestingOrder> found = state_.engine.Find(order_id);
  if (!found) return RejectReason::kUnknownOrder;
  const OrderRecord& order = state_.orders[found->slot];
  if (order.account != account || (subaccount >= 0 && order.subaccount() != subaccount)) {
    return RejectReason::kUnknownOrder;
  }
  target.slot = found->slot;
  target.market = &MarketOf(order.market);
  turn_.result.order_id = order_id;
  turn_.result.client_order_id = ClientOrderId(state_.orders.client_order_id(order));
  return std::nullopt;
}

void OrderDesk::Prefetch(const CancelOrder& command, Exchange::PrefetchStage stage) const {
  if (stage == Exchange::PrefetchStage::kPlaces) {
    state_.engine.PrefetchPlace(command.order_id);
    return;
  }
  const OrderSlot slot = state_.engine.PrefetchOrder(command.order_id);
  if (slot == kNoSlot) return;
  if (stage == Exchange::PrefetchStage::kRecords) {
    state_.orders.Prefetch(slot);
    return;
  }
  const OrderRecord& order = state_.orders[slot];
  if (order.order_id != command.order_id) return;
  state_.ledger.PrefetchRow(order.reserve.position);
  state_.orders.PrefetchNeighbors(slot);
  state_.orders.texts().Prefetch(order.client_order_id);
  state_.engine.PrefetchLevel(slot);
  state_.catalogue.Prefetch(order.market);
  state_.accounts.Prefetch(order.account);
}

Refused OrderDesk::Apply(const CancelOrder& command) {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  Target target;
  if (Refused refused = FindTarget(command.account, command.subaccount, command.order_id, target)) {
    return refused;
  }
  turn_.result.reduced_by = state_.orders[target.slot].remaining();
  CancelResting(target.slot, CancelReason::kUser);
  return std::nullopt;
}

Refused OrderDesk::Apply(const CancelAllOrders& command) {
  if (!state_.exchange_active && !command.by_operator) return RejectReason::kExchangePaused;
  AccountRecord* const account = state_.accounts.Find(command.account);
  if (account == nullptr) return RejectReason::kUnknownAccount;
  if (account->disabled && !command.by_operator) return RejectReason::kAccountDisabled;
  if (command.market && state_.catalogue.Find(command.market) == nullptr) {
    return RejectReason::kUnknownMarket;
  }
  const CancelReason reason = command.by_operator ? CancelReason::kOperator : CancelReason::kUser;
  for (OrderSlot slot = account->orders.first; slot != kNoSlot;) {
    const OrderSlot next = state_.orders.NextOfAccount(slot);
    const OrderRecord& order = state_.orders[slot];
    if ((command.subaccount < 0 || order.subaccount() == command.subaccount) &&
        (!command.market || order.market == command.market)) {
      turn_.result.reduced_by += order.remaining();
      CancelResting(slot, reason);
      ++turn_.result.canceled_order_count;
    }
    slot = next;
  }
  return std::nullopt;
}

Refused OrderDesk::Apply(const DecreaseOrder& command) {
  if (Refused refused = CheckPauses()) return refused;
  Target target;
  if (Refused refused = FindTarget(command.account, command.subaccount, command.order_id, target)) {
    return refused;
  }
  if (target.market->status != MarketStatus::kActive) return RejectReason::kMarketInactive;
  OrderRecord& order = state_.orders[target.slot];
  const Quantity resting = order.remaining();
  // Checked in this order, the subtraction cannot overflow.
  if (command.quantity < Quantity() || command.quantity > resting) {
    return RejectReason::kNotADecrease;
  }
  const Quantity remaining = command.is_reduce_to ? command.quantity : resting - command.quantity;
  if (remaining == resting) return RejectReason::kNotADecrease;
  turn_.result.reduced_by = resting - remaining;
  turn_.result.remaining = remaining;
  if (remaining.is_zero()) {
    CancelResting(target.slot, CancelReason::kDecreasedToZero);
    return std::nullopt;
  }
  const matching::Reduction reduction = state_.engine.Apply(
      matching::DecreaseOrder{.order_id = command.order_id, .remaining = remaining});
  EVX_CHECK(!reduction.reject);
  state_.ledger.Release(order.reserve, resting - remaining);
  order.last_update_time = state_.time;
  turn_.Touch(state_.ledger.position(order.reserve.position).subaccount);
  turn_.Emit(OrderDecreased{.order_id = order.order_id,
                            .account = order.account,
                            .subaccount = order.subaccount(),
                            .market = order.market,
                            .remaining_after = remaining});
  EmitLevel(order, order.tick, order.price(), remaining - resting);
  return std::nullopt;
}

Refused OrderDesk::CheckAmend(const AmendOrder& command, const Target& target, AmendTerms& terms) {
  const OrderRecord& order = state_.orders[target.slot];
  const std::string_view client_order_id = turn_.result.client_order_id.view();
  if (command.market != order.market) return RejectReason::kTickerMismatch;
  if (command.side != order.side()) return RejectReason::kBookSideMismatch;
  if (!command.client_order_id.empty() && command.client_order_id.view() != client_order_id) {
    return RejectReason::kClientOrderIdMismatch;
  }
  if (target.market->status != MarketStatus::kActive) return RejectReason::kMarketInactive;
  if (!Price::IsValid(command.price_micros)) return RejectReason::kInvalidPrice;
  terms.price = Price::FromMicros(command.price_micros);
  const std::optional<PriceGrid::TickIndex> tick = target.market->grid->IndexOf(terms.price);
  if (!tick) return RejectReason::kInvalidPrice;
  terms.tick = *tick;
  if (command.total_quantity <= Quantity() || command.total_quantity > matching::kQuantityMax) {
    return RejectReason::kInvalidQuantity;
  }
  switch (command.expiration_change) {
    case AmendOrder::ExpirationChange::kKeep:
      terms.expiration = state_.engine.Find(order.order_id)->expiration;
      break;
    case AmendOrder::ExpirationChange::kClear:
      break;
    case AmendOrder::ExpirationChange::kSet:
      if (command.expiration <= state_.time) return RejectReason::kExpirationInPast;
      terms.expiration = command.expiration;
      break;
  }
  if (command.total_quantity <= order.filled) return RejectReason::kAmendBelowFilled;
  terms.remaining = command.total_quantity - order.filled;
  const std::string_view updated = command.updated_client_order_id.view();
  if (!updated.empty() && updated != client_order_id) {
    terms.is_new_client_order_id = true;
    terms.client_key = ClientOrderIds::KeyOf(command.account, updated);
    if (const OrderId first = state_.client_order_ids.Find(terms.client_key)) {
      turn_.result.order_id = first;
      return RejectReason::kDuplicateClientOrderId;
    }
  }
  return std::nullopt;
}

Refused OrderDesk::Apply(const AmendOrder& command) {
  if (Refused refused = CheckPauses()) return refused;
  Target target;
  if (Refused refused = FindTarget(command.account, command.subaccount, command.order_id, target)) {
    return refused;
  }
  AmendTerms terms;
  if (Refused refused = CheckAmend(command, target, terms)) return refused;
  OrderRecord& order = state_.orders[target.slot];
  const matching::AmendOrder amend{.order_id = order.order_id,
                                   .tick = terms.tick,
                                   .remaining = terms.remaining,
                                   .expiration = terms.expiration};
  // Before the ledger is asked, because its change could not always be taken back.
  if (const auto reject = state_.engine.Check(amend)) {
    return *reject == matching::RejectReason::kPostOnlyWouldCross
               ? RejectReason::kPostOnlyWouldCross
               : RejectReason::kSelfCross;
  }
  const Price old_price = order.price();
  const auto old_tick = static_cast<matching::Tick>(order.tick);
  const Quantity old_remaining = order.remaining();
  const ledger::FeeTerms fees = state_.FeesOf(*target.market);
  const ledger::ReserveResult reserved = state_.ledger.Amend(
      order.reserve, terms.price, terms.remaining,
      order.post_only ? ledger::Liquidity::kMaker : ledger::Liquidity::kTaker, fees);
  if (!reserved.ok()) {
    return *reserved.refusal == ledger::RejectReason::kInsufficientFunds
               ? RejectReason::kInsufficientBalance
               : RejectReason::kInvalidQuantity;
  }
  if (terms.is_new_client_order_id) {
    state_.client_order_ids.Add(terms.client_key, order.order_id, order.market);
    state_.orders.texts().Remove(order.client_order_id);
    order.client_order_id = state_.orders.texts().Add(command.updated_client_order_id.view());
    turn_.result.client_order_id = command.updated_client_order_id;
  }
  order.quantity = command.total_quantity;
  order.tick = terms.tick;
  order.last_update_time = state_.time;
  turn_.Touch(state_.ledger.position(order.reserve.position).subaccount);

  const matching::Execution execution = state_.engine.Apply(amend);
  EVX_CHECK(!execution.reject);
  turn_.Emit(OrderAmended{.order_id = order.order_id,
                          .account = order.account,
                          .subaccount = order.subaccount(),
                          .market = order.market,
                          .price = terms.price,
                          .remaining_after = terms.remaining,
                          .expiration = terms.expiration,
                          .client_order_id = turn_.result.client_order_id,
                          .kept_priority = execution.kept_priority});
  const bool same_level = old_price == terms.price;
  turn_.result.reduced_by = old_remaining - execution.remaining;
  if (!same_level) EmitLevel(order, old_tick, old_price, -old_remaining);
  if (!execution.steps.empty()) Trade(*target.market, execution.steps, order);
  if (execution.outcome != OrderOutcome::kResting) {
    EVX_CHECK(execution.outcome == OrderOutcome::kFilled);
    Forget(target.slot);
  } else {
    state_.ledger.Rest(order.reserve, fees);
    turn_.result.remaining = execution.remaining;
    const Quantity delta = same_level ? execution.remaining - old_remaining : execution.remaining;
    if (!delta.is_zero()) EmitLevel(order, terms.tick, terms.price, delta);
  }
  TriggerGroups();
  return std::nullopt;
}

}  // namespace evx::venue
