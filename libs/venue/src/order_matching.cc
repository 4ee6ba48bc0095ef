#include <algorithm>
#include <map>
#include <tuple>

#include "evx/core/check.h"
#include "order_desk.h"

namespace evx::venue {

using matching::MatchStep;

void OrderDesk::Trade(const MarketRecord& market, std::span<const MatchStep> steps,
                      OrderRecord& taker) {
  const ledger::FeeTerms fees = state_.FeesOf(market);
  const BookSide maker_side = Opposite(taker.side());
  Quantity level;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const MatchStep& step = steps[i];
    if (i == 0 || step.tick != steps[i - 1].tick) {
      // Matching has finished: what the level held before is what is left and what went.
      level = state_.engine.QuantityAt(market.book, maker_side, step.tick);
      for (std::size_t j = i; j < steps.size() && steps[j].tick == step.tick; ++j) {
        level += steps[j].quantity;
      }
    }
    level -= step.quantity;
    OrderRecord& maker = state_.orders[step.maker_slot];
    EVX_CHECK(maker.order_id == step.maker_order_id);
    const BookChanged book_changed{.market = market.id(),
                                   .side = maker_side,
                                   .price = maker.price(),
                                   .delta = -step.quantity,
                                   .quantity_after = level,
                                   .order_id = maker.order_id};
    switch (step.kind) {
      case MatchStep::Kind::kFill:
        Fill(market, step, maker, taker, fees);
        turn_.Emit(book_changed);
        if (step.maker_remaining.is_zero()) Forget(step.maker_slot);
        break;
      case MatchStep::Kind::kMakerCanceled:
        Retire(step.maker_slot, CancelReason::kSelfTradePrevention);
        turn_.Emit(book_changed);
        break;
    }
  }
}

void OrderDesk::Fill(const MarketRecord& market, const MatchStep& step, OrderRecord& maker,
                     OrderRecord& taker, const ledger::FeeTerms& fees) {
  const Price price = maker.price();
  const TradeId trade(state_.last_trade_id.value() + 1);
  state_.last_trade_id = trade;
  const ledger::PositionIndex maker_position = maker.reserve.position;
  const ledger::PositionIndex taker_position = taker.reserve.position;
  const ledger::FillOutcome maker_outcome =
      state_.ledger.ApplyFill(maker.reserve,
                              {.price = price,
                               .quantity = step.quantity,
                               .liquidity = ledger::Liquidity::kMaker,
                               .trade = trade},
                              fees, turn_.postings);
  const ledger::FillOutcome taker_outcome =
      state_.ledger.ApplyFill(taker.reserve,
                              {.price = price,
                               .quantity = step.quantity,
                               .liquidity = ledger::Liquidity::kTaker,
                               .trade = trade},
                              fees, turn_.postings);
  maker.filled += step.quantity;
  taker.filled += step.quantity;
  taker.taker_filled_centis += static_cast<std::uint64_t>(step.quantity.centis());
  maker.last_update_time = taker.last_update_time = state_.time;
  MarketRecord& statistics = MarketOf(market.id());
  statistics.volume += step.quantity;
  statistics.last_price = price;
  statistics.last_trade_time = state_.time;
  turn_.result.filled += step.quantity;
  turn_.result.fill_cost += price * step.quantity;
  turn_.result.fees += taker_outcome.fee;

  turn_.Emit(TradeExecuted{.trade_id = trade,
                           .market = market.id(),
                           .price = price,
                           .quantity = step.quantity,
                           .taker_side = taker.side(),
                           .taker_order_id = taker.order_id,
                           .maker_order_id = maker.order_id,
                           .open_interest_after = state_.ledger.open_interest(market.id())});
  EmitFill(maker, maker_position, false, price, step.quantity, maker_outcome.fee);
  EmitFill(taker, taker_position, true, price, step.quantity, taker_outcome.fee);
  turn_.EmitPostings();
  CountInGroup(maker, step.quantity);
  CountInGroup(taker, step.quantity);
}

void OrderDesk::EmitFill(const OrderRecord& order, ledger::PositionIndex position, bool is_taker,
                         Price price, Quantity quantity, Money fee) {
  // What rests or may still trade; of an order that only reduces also what will be canceled. A
  // maker may have been decreased, so its quantity does not tell.
  const Quantity remaining = is_taker ? order.quantity - order.filled : order.remaining();
  turn_.Emit(OrderFilled{.order_id = order.order_id,
                         .trade_id = state_.last_trade_id,
                         .account = order.account,
                         .subaccount = order.subaccount(),
                         .market = order.market,
                         .side = order.side(),
                         .is_taker = is_taker,
                         .price = price,
                         .quantity = quantity,
                         .remaining_after = remaining,
                         .fee = fee});
  const ledger::Position& row = state_.ledger.position(position);
  turn_.EmitPosition(row);
  turn_.Touch(row.subaccount);
}

void OrderDesk::CountInGroup(const OrderRecord& order, Quantity quantity) {
  OrderGroups::Group* const group = GroupOf(order);
  if (group == nullptr) return;
  if (!OrderGroups::AddMatch(*group, state_.time, quantity)) return;
  const OrderGroupId id(order.order_group);
  if (std::find(groups_to_trigger_.begin(), groups_to_trigger_.end(), id) ==
      groups_to_trigger_.end()) {
    groups_to_trigger_.push_back(id);
  }
}

void OrderDesk::TriggerGroups() {
  for (const OrderGroupId id : groups_to_trigger_) Trigger(id, *state_.order_groups.Find(id));
  groups_to_trigger_.clear();
}

void OrderDesk::Trigger(OrderGroupId id, OrderGroups::Group& group) {
  group.triggered = true;
  turn_.Emit(OrderGroupTriggered{.order_group = id, .account = group.account});
  CancelGroup(group);
}

void OrderDesk::CancelGroup(const OrderGroups::Group& group) {
  while (group.orders.first != kNoSlot)
    CancelResting(group.orders.first, CancelReason::kOrderGroup);
}

void OrderDesk::CancelResting(OrderSlot slot, CancelReason reason, bool emit_book) {
  const OrderRecord order = state_.orders[slot];
  const matching::Reduction reduction =
      state_.engine.Apply(matching::CancelOrder{.order_id = order.order_id});
  EVX_CHECK(!reduction.reject && reduction.slot == slot &&
            reduction.reduced_by == order.remaining());
  Retire(slot, reason);
  if (emit_book) EmitLevel(order, order.tick, order.price(), -order.remaining());
}

void OrderDesk::Retire(OrderSlot slot, CancelReason reason) {
  OrderRecord& order = state_.orders[slot];
  const Quantity remaining = order.remaining();
  turn_.Touch(state_.ledger.position(order.reserve.position).subaccount);
  EmitCanceled(order, remaining, reason);
  state_.ledger.Release(order.reserve, remaining);
  if (order.order_id == turn_.result.order_id) turn_.result.remaining = Quantity();
  Forget(slot);
}

void OrderDesk::EmitCanceled(const OrderRecord& order, Quantity quantity, CancelReason reason) {
  turn_.Emit(OrderCanceled{.order_id = order.order_id,
                           .account = order.account,
                           .subaccount = order.subaccount(),
                           .market = order.market,
                           .reason = reason,
                           .canceled_quantity = quantity});
}

void OrderDesk::EmitLevel(const OrderRecord& order, matching::Tick tick, Price price,
                          Quantity delta) {
  turn_.Emit(BookChanged{
      .market = order.market,
      .side = order.side(),
      .price = price,
      .delta = delta,
      .quantity_after = state_.engine.QuantityAt(MarketOf(order.market).book, order.side(), tick),
      .order_id = order.order_id});
}

void OrderDesk::Forget(OrderSlot slot) {
  OrderRecord& order = state_.orders[slot];
  OrderGroups::Group* const group = GroupOf(order);
  state_.orders.Unlink(slot, state_.accounts.Find(order.account)->orders,
                       group == nullptr ? nullptr : &group->orders);
  state_.orders.texts().Remove(order.client_order_id);
  if (order.cancel_on_pause) --state_.cancel_on_pause_count;
  order.order_id = OrderId();
}

void OrderDesk::CancelMarket(const MarketRecord& market, CancelReason reason) {
  std::vector<OrderSlot> slots;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    state_.engine.VisitOrders(market.book, side, [&slots](const matching::RestingOrder& order) {
      slots.push_back(order.slot);
    });
  }
  if (slots.empty()) return;
  for (const OrderSlot slot : slots) CancelResting(slot, reason, /*emit_book=*/false);
  turn_.Emit(BookCleared{.market = market.id()});
}

void OrderDesk::CancelOnPause() {
  if (state_.cancel_on_pause_count == 0) return;
  std::vector<std::pair<OrderId, OrderSlot>> found;
  for (OrderSlot slot = 0; slot < state_.engine.slot_capacity(); ++slot) {
    const OrderRecord& order = state_.orders[slot];
    if (order.order_id && order.cancel_on_pause) found.emplace_back(order.order_id, slot);
  }
  std::sort(found.begin(), found.end());
  for (const auto& [order_id, slot] : found) CancelResting(slot, CancelReason::kPause);
}

void OrderDesk::ExpireUpTo(Timestamp time) {
  const std::span<const matching::Reduction> expired = state_.engine.ExpireOrders(time);
  if (expired.empty()) return;
  // All of them have left their levels; their events follow one by one, so each level is counted
  // back up first.
  using Level = std::tuple<MarketId, BookSide, Price>;
  const auto level_of = [](const OrderRecord& o) { return Level(o.market, o.side(), o.price()); };
  std::map<Level, Quantity> to_come;
  for (const matching::Reduction& reduction : expired) {
    to_come[level_of(state_.orders[reduction.slot])] += reduction.reduced_by;
  }
  for (const matching::Reduction& reduction : expired) {
    const OrderRecord order = state_.orders[reduction.slot];
    Quantity& rest = to_come[level_of(order)];
    rest -= reduction.reduced_by;
    Retire(reduction.slot, CancelReason::kExpired);
    turn_.Emit(BookChanged{
        .market = order.market,
        .side = order.side(),
        .price = order.price(),
        .delta = -reduction.reduced_by,
        .quantity_after =
            state_.engine.QuantityAt(MarketOf(order.market).book, order.side(), order.tick) + rest,
        .order_id = order.order_id});
  }
}

}  // namespace evx::venue
