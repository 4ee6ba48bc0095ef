#include <algorithm>
#include <utility>

#include "evx/ledger/ledger.h"
#include "ledger_impl.h"

namespace evx::ledger {

Refusal Ledger::Settle(MarketId market_id, Price value, std::vector<SettlementEntry>& entries,
                       std::vector<Posting>& postings) {
  Impl& impl = *impl_;
  Impl::Market& market = impl.At(market_id);
  if (market.settled) return RejectReason::kMarketSettled;
  for (std::uint32_t i = market.first_row; i != 0; i = impl.rows[i].market_next) {
    const Position& row = impl.rows[i];
    if (!row.sides[0].quantity.is_zero() || !row.sides[1].quantity.is_zero()) {
      return RejectReason::kRestingOrders;
    }
  }
  if (market.exclusive) {
    Impl::Event& event = impl.At(market.event);
    if (value > event.settled_value.Complement()) return RejectReason::kSettlementValuesAboveOne;
    event.settled_value = Price::FromMicros(event.settled_value.micros() + value.micros());
  }
  market.settled = true;
  market.value = value;

  for (const std::uint32_t index : impl.SortedRows(market_id)) {
    entries.push_back(impl.SettleRow(index, market_id, postings));
  }
  EVX_CHECK(market.pool == Money() && market.first_row == 0);
  // The value just settled is no longer at risk in the event's other markets.
  if (market.exclusive && value > Price()) impl.RaiseReturns(market_id, entries, postings);
  return std::nullopt;
}

SettlementEntry Ledger::Impl::SettleRow(std::uint32_t index, MarketId market_id,
                                        std::vector<Posting>& postings) {
  Market& market = At(market_id);
  Position& row = rows[index];
  Subaccount& subaccount = At(row.subaccount);
  SettlementEntry entry{.subaccount = row.subaccount,
                        .account = subaccount.account,
                        .subaccount_number = subaccount.number,
                        .net = row.net,
                        .cost = row.cost,
                        .payout = MarkedValue(row, market.value)};
  entry.realized_pnl = entry.payout - row.cost;
  entry.total_realized_pnl = SaturatingAdd(row.realized_pnl, entry.realized_pnl);
  entry.total_traded = row.total_traded;

  const Quantity no_before = row.no_quantity();
  row.net = Quantity();
  row.cost = Money();
  if (row.netting_pool != 0) {
    entry.collateral_returned = UpdatePool(pools[row.netting_pool], no_before, Quantity()) +
                                RefreshReturn(pools[row.netting_pool]);
  }
  EVX_CHECK(entry.payout + entry.collateral_returned >= Money());

  // A scalar payout is floored to the unit, as far as the funds allow; yes and no are free.
  if (market.value.micros() > 0 && market.value.micros() < Price::kDollarMicros) {
    const Money cash = subaccount.cash + entry.payout + entry.collateral_returned;
    entry.fee = Min(cash - FloorTo(cash, subaccount.unit), cash - subaccount.hold);
  }
  market.pool -= entry.payout;
  fees_collected += entry.fee;
  entry.total_fees_paid = SaturatingAdd(row.fees_paid, entry.fee);
  Post(subaccount, PostingKind::kSettlement, market_id, EventId(), entry.payout, 0, postings);
  Post(subaccount, PostingKind::kCollateralReturn, market_id, market.event,
       entry.collateral_returned, 0, postings);
  Post(subaccount, PostingKind::kSettlementFee, market_id, EventId(), -entry.fee, 0, postings);
  entry.cash_after = subaccount.cash;
  FreeRow(index);
  return entry;
}

void Ledger::Impl::RaiseReturns(MarketId market_id, std::vector<SettlementEntry>& entries,
                                std::vector<Posting>& postings) {
  const EventId event = At(market_id).event;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = At(event).first_pool; i != 0; i = pools[i].event_next) order.push_back(i);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    const Subaccount& left = At(pools[a].subaccount);
    const Subaccount& right = At(pools[b].subaccount);
    if (left.account != right.account) return left.account < right.account;
    return left.number < right.number;
  });
  for (const std::uint32_t index : order) {
    const Money change = RefreshReturn(pools[index]);
    if (change == Money()) continue;
    EVX_CHECK(change > Money());
    Subaccount& subaccount = At(pools[index].subaccount);
    Post(subaccount, PostingKind::kCollateralReturn, market_id, event, change, 0, postings);
    entries.push_back({.subaccount = pools[index].subaccount,
                       .account = subaccount.account,
                       .subaccount_number = subaccount.number,
                       .collateral_returned = change,
                       .cash_after = subaccount.cash});
  }
}

Money Ledger::Impl::RefreshReturn(NettingPool& pool) const {
  const Money before = pool.returned;
  pool.returned = GuaranteedPayout(pool);
  return pool.returned - before;
}

Refusal Ledger::BustTrade(MarketId market, Price price, Quantity quantity, TradeId trade,
                          const BustSide& buyer, const BustSide& seller,
                          std::vector<Posting>& postings) {
  Impl& impl = *impl_;
  if (impl.At(market).settled) return RejectReason::kMarketSettled;
  for (const auto& [subaccount, reversal] : {std::pair(buyer.subaccount, BookSide::kAsk),
                                             std::pair(seller.subaccount, BookSide::kBid)}) {
    const std::uint32_t row = impl.FindRow(subaccount, market);
    EVX_CHECK(row != 0);
    const Quantity net = impl.rows[row].net;
    const Quantity after = reversal == BookSide::kBid ? net + quantity : net - quantity;
    if (after > kPositionQuantityMax || after < -kPositionQuantityMax) {
      return RejectReason::kPositionLimit;
    }
  }
  const std::size_t posting_count = postings.size();

  struct Undo {
    Position row;
    Money cash;
  };
  const auto reverse = [&](const BustSide& side, BookSide reversal) {
    const std::uint32_t index = impl.FindRow(side.subaccount, market);
    EVX_CHECK(index != 0);
    Position& row = impl.rows[index];
    Impl::Subaccount& subaccount = impl.At(side.subaccount);
    const Undo undo{row, subaccount.cash};
    const Impl::Move move = impl.MovePosition(row, reversal, price, quantity);
    row.fees_paid = SaturatingAdd(row.fees_paid, -side.fee);
    impl.fees_collected -= side.fee;
    impl.Post(subaccount, PostingKind::kTradeBust, market, EventId(), move.revenue, trade.value(),
              postings);
    impl.Post(subaccount, PostingKind::kCollateralReturn, market, impl.At(market).event,
              move.collateral_returned, trade.value(), postings);
    impl.Post(subaccount, PostingKind::kFeeBust, market, EventId(), side.fee, trade.value(),
              postings);
    impl.RefreshHold(row, subaccount);
    return undo;
  };
  const auto restore = [&](const BustSide& side, const Undo& undo) {
    Position& row = impl.rows[impl.FindRow(side.subaccount, market)];
    Impl::Subaccount& subaccount = impl.At(side.subaccount);
    const Quantity no_now = row.no_quantity();
    subaccount.hold += undo.row.hold - row.hold;
    subaccount.cash = undo.cash;
    row = undo.row;
    if (row.netting_pool != 0) {
      impl.UpdatePool(impl.pools[row.netting_pool], no_now, row.no_quantity());
    }
    impl.fees_collected += side.fee;
  };

  const Money pool = impl.At(market).pool;
  const Undo buyer_undo = reverse(buyer, BookSide::kAsk);
  const Undo seller_undo = reverse(seller, BookSide::kBid);
  if (impl.Overdrawn(impl.At(buyer.subaccount)) || impl.Overdrawn(impl.At(seller.subaccount))) {
    restore(seller, seller_undo);
    restore(buyer, buyer_undo);
    impl.At(market).pool = pool;
    postings.resize(posting_count);
    return RejectReason::kInsufficientFunds;
  }
  return std::nullopt;
}

}  // namespace evx::ledger
