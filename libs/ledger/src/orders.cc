#include "evx/ledger/ledger.h"
#include "ledger_impl.h"

namespace evx::ledger {
namespace {

// What is reserved for the fees of `quantity` at the limit price: the trade fee of one fill, up to
// the next balance unit.
Money FeeHold(const FeeTerms& fees, Liquidity liquidity, Price limit, Quantity quantity,
              Money unit) {
  switch (liquidity) {
    case Liquidity::kTaker:
      return CeilTo(fees.TakerFee(limit, quantity), unit);
    case Liquidity::kMaker:
      return CeilTo(fees.MakerFee(limit, quantity), unit);
  }
  return Money();
}

// Takes `quantity` with its share of the fee hold out of the order and its row.
void TakeFromOrder(OrderReserve& order, Position::Side& side, Quantity quantity) {
  const Money fee_hold = ShareOf(order.fee_hold, quantity, order.open);
  order.open -= quantity;
  order.fee_hold -= fee_hold;
  side.quantity -= quantity;
  side.cost -= BuyingPrice(order.side, order.limit()) * quantity;
  side.fee_hold -= fee_hold;
}

struct Charge {
  Money trade_fee;
  Money rounding_fee;
  Money rebate;
  Money waived;
  Money fee() const { return trade_fee + rounding_fee - rebate - waived; }
};

// Steps 2 to 6 of the venue's fee rounding. `cash` is the balance with the fill's revenue, `room`
// what of it may be spent. Moves the order's accumulator.
Charge ChargeFee(Money trade_fee, Money cash, Money unit, Money room, Money& accumulator) {
  Charge charge;
  charge.trade_fee = trade_fee;
  const Money after_fee = cash - trade_fee;
  charge.rounding_fee = after_fee - FloorTo(after_fee, unit);
  const Money full = charge.trade_fee + charge.rounding_fee;
  const Money accumulated = accumulator + charge.rounding_fee;
  charge.rebate = FloorTo(Min(accumulated, full), unit);
  if (full - charge.rebate <= room) {
    accumulator = accumulated - charge.rebate;
    return charge;
  }
  // Dust: the rounding is waived first, then the trade fee; only what is paid is accumulated.
  charge.rebate = Money();
  const Money paid = Min(full, room);
  charge.waived = full - paid;
  if (paid > charge.trade_fee) accumulator += paid - charge.trade_fee;
  return charge;
}

}  // namespace

ReserveResult Ledger::Reserve(const ReserveRequest& request, const FeeTerms& fees,
                              OrderReserve& order) {
  Impl& impl = *impl_;
  EVX_CHECK(request.quantity > Quantity());
  EVX_CHECK(request.limit.micros() > 0 && request.limit.micros() < Price::kDollarMicros);
  if (impl.At(request.market).settled) return {.refusal = RejectReason::kMarketSettled};
  Impl::Subaccount& subaccount = impl.At(request.subaccount);
  const Money cost = BuyingPrice(request.side, request.limit) * request.quantity;
  const Money fee_hold =
      FeeHold(fees, request.liquidity, request.limit, request.quantity, subaccount.unit);

  std::uint32_t index = impl.FindRow(request.subaccount, request.market);
  const Money room = subaccount.cash - subaccount.hold;
  if (index == 0) {
    if (request.quantity > kPositionQuantityMax) return {.refusal = RejectReason::kPositionLimit};
    if (cost + fee_hold > room) {
      return {.refusal = RejectReason::kInsufficientFunds, .shortfall = cost + fee_hold - room};
    }
    index = impl.AddRow(request.subaccount, request.market);
  } else {
    const Position& row = impl.rows[index];
    const Quantity present =
        row.yes_quantity() + row.no_quantity() + row.sides[0].quantity + row.sides[1].quantity;
    if (request.quantity > kPositionQuantityMax - present) {
      return {.refusal = RejectReason::kPositionLimit};
    }
  }

  Position& row = impl.rows[index];
  Position::Side& side = row.side(request.side);
  const Position::Side before = side;
  side.quantity += request.quantity;
  side.cost += cost;
  side.fee_hold += fee_hold;
  impl.RefreshHold(row, subaccount);
  if (impl.Overdrawn(subaccount)) {
    const Money shortfall = subaccount.hold - subaccount.cash;
    side = before;
    impl.RefreshHold(row, subaccount);
    return {.refusal = RejectReason::kInsufficientFunds, .shortfall = shortfall};
  }
  order = OrderReserve();
  order.position = PositionIndex(index);
  order.limit_micros = static_cast<std::uint32_t>(request.limit.micros());
  order.side = request.side;
  order.open = request.quantity;
  order.fee_hold = fee_hold;
  return {};
}

void Ledger::Rest(OrderReserve& order, const FeeTerms& fees) {
  Impl& impl = *impl_;
  Position& row = impl.At(order.position);
  Impl::Subaccount& subaccount = impl.At(row.subaccount);
  // Resting never asks for more than entering did, so that it cannot fail.
  const Money fee_hold = Min(
      order.fee_hold, FeeHold(fees, Liquidity::kMaker, order.limit(), order.open, subaccount.unit));
  if (fee_hold == order.fee_hold) return;
  row.side(order.side).fee_hold -= order.fee_hold - fee_hold;
  order.fee_hold = fee_hold;
  impl.RefreshHold(row, subaccount);
}

FillOutcome Ledger::ApplyFill(OrderReserve& order, const Fill& fill, const FeeTerms& fees,
                              std::vector<Posting>& postings) {
  Impl& impl = *impl_;
  EVX_CHECK(fill.quantity > Quantity() && fill.quantity <= order.open);
  EVX_CHECK(BuyingPrice(order.side, fill.price) <= BuyingPrice(order.side, order.limit()));
  Position& row = impl.At(order.position);
  Impl::Subaccount& subaccount = impl.At(row.subaccount);
  const bool taker = fill.liquidity == Liquidity::kTaker;

  TakeFromOrder(order, row.side(order.side), fill.quantity);
  const Impl::Move move = impl.MovePosition(row, order.side, fill.price, fill.quantity);
  impl.RefreshHold(row, subaccount);

  const Money cash_before = subaccount.cash;
  const Money cash = cash_before + move.revenue + move.collateral_returned;
  EVX_CHECK(cash >= subaccount.hold);
  const Money trade_fee =
      taker ? fees.TakerFee(fill.price, fill.quantity) : fees.MakerFee(fill.price, fill.quantity);
  const Charge charge =
      ChargeFee(trade_fee, cash, subaccount.unit, cash - subaccount.hold, order.rounding);
  const Money fee = charge.fee();

  const std::uint64_t reference = fill.trade.value();
  impl.Post(subaccount, PostingKind::kTrade, row.market, EventId(), move.revenue, reference,
            postings);
  if (move.collateral_returned != Money()) {
    impl.Post(subaccount, PostingKind::kCollateralReturn, row.market, impl.At(row.market).event,
              move.collateral_returned, reference, postings);
  }
  impl.Post(subaccount, PostingKind::kFee, row.market, EventId(), -fee, reference, postings);
  impl.fees_collected += fee;
  row.fees_paid = SaturatingAdd(row.fees_paid, fee);
  (taker ? order.taker_fees : order.maker_fees) += fee;
  (taker ? order.taker_cost : order.maker_cost) += fill.price * fill.quantity;
  if (order.open.is_zero()) order.position = PositionIndex();

  return {.revenue = move.revenue,
          .collateral_returned = move.collateral_returned,
          .trade_fee = charge.trade_fee,
          .rounding_fee = charge.rounding_fee,
          .rebate = charge.rebate,
          .waived = charge.waived,
          .fee = fee,
          .cash_delta = subaccount.cash - cash_before,
          .cash_after = subaccount.cash,
          .realized_pnl = move.realized_pnl,
          .position_after = row.net,
          .position_cost_after = row.cost};
}

void Ledger::Release(OrderReserve& order, Quantity quantity) {
  Impl& impl = *impl_;
  EVX_CHECK(quantity > Quantity() && quantity <= order.open);
  const PositionIndex index = order.position;
  Position& row = impl.At(index);
  TakeFromOrder(order, row.side(order.side), quantity);
  impl.RefreshHold(row, impl.At(row.subaccount));
  if (order.open.is_zero()) {
    order.position = PositionIndex();
    impl.FreeRowIfEmpty(index.value());
  }
}

ReserveResult Ledger::Amend(OrderReserve& order, Price limit, Quantity open, Liquidity liquidity,
                            const FeeTerms& fees) {
  Impl& impl = *impl_;
  EVX_CHECK(open > Quantity());
  EVX_CHECK(limit.micros() > 0 && limit.micros() < Price::kDollarMicros);
  Position& row = impl.At(order.position);
  Impl::Subaccount& subaccount = impl.At(row.subaccount);
  Position::Side& side = row.side(order.side);

  const Quantity present = row.yes_quantity() + row.no_quantity() + row.sides[0].quantity +
                           row.sides[1].quantity - order.open;
  if (open > kPositionQuantityMax - present) return {.refusal = RejectReason::kPositionLimit};

  const Money fee_hold = FeeHold(fees, liquidity, limit, open, subaccount.unit);
  const Position::Side before = side;
  side.quantity += open - order.open;
  side.cost +=
      BuyingPrice(order.side, limit) * open - BuyingPrice(order.side, order.limit()) * order.open;
  side.fee_hold += fee_hold - order.fee_hold;
  impl.RefreshHold(row, subaccount);
  if (impl.Overdrawn(subaccount)) {
    const Money shortfall = subaccount.hold - subaccount.cash;
    side = before;
    impl.RefreshHold(row, subaccount);
    return {.refusal = RejectReason::kInsufficientFunds, .shortfall = shortfall};
  }
  order.limit_micros = static_cast<std::uint32_t>(limit.micros());
  order.open = open;
  order.fee_hold = fee_hold;
  return {};
}

}  // namespace evx::ledger
