#pragma once

#include <array>
#include <cstdint>

#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"

namespace evx::ledger {

// Dense index of a subaccount, in order of creation; 0 is none.
using SubaccountIndex = Id<struct SubaccountIndexTag, std::uint32_t>;

// One row: what a subaccount has and rests in one market. Two cache lines. Read freely; only the
// ledger writes.
//
// YES and NO never coexist: a fill first closes what the subaccount has of the opposite contract.
// Everything is symmetric when YES and NO, bid and ask, p and $1 - p are exchanged.
struct alignas(128) Position {
  // The resting (or entering) orders of one side, in terms of the contract that this side buys:
  // a bid buys YES at p, an ask buys NO at $1 - p.
  struct Side {
    Quantity quantity;
    Money cost;      // Sum of buying price * quantity at the limits.
    Money fee_hold;  // Sum of the orders' fee holds.
    friend constexpr bool operator==(const Side&, const Side&) = default;
  };

  SubaccountIndex subaccount;
  MarketId market;
  Quantity net;               // YES positive, NO negative.
  std::array<Side, 2> sides;  // Indexed by BookSide.
  Money hold;                 // What both sides reserve of the subaccount's cash.
  // Average cost of the open position without fees. Closing a part takes away its share of the
  // cost, rounded down to the micro-dollar; the last contract takes the rest, so a flat position
  // has cost zero.
  Money cost;
  // Sums over the row's life; they stay at the largest value of 64 bits when they would pass it.
  Money realized_pnl;  // Closing price minus average cost, without fees; settlement included.
  Money fees_paid;
  Money total_traded;  // Money spent on opening contracts: buying price * quantity.

  const Side& side(BookSide s) const { return sides[static_cast<std::size_t>(s)]; }
  Side& side(BookSide s) { return sides[static_cast<std::size_t>(s)]; }
  Quantity yes_quantity() const { return net > Quantity() ? net : Quantity(); }
  Quantity no_quantity() const { return net < Quantity() ? -net : Quantity(); }

  // The ledger's links: row lists of the market and of the subaccount, netting pool.
  std::uint32_t market_next = 0;
  std::uint32_t market_previous = 0;
  std::uint32_t subaccount_next = 0;
  std::uint32_t subaccount_previous = 0;
  std::uint32_t netting_pool = 0;  // 0: no collateral return here.
};
static_assert(sizeof(Position) == 128);

// What a position is worth at a YES price, and what it has gained on its average cost.
Money MarkedValue(const Position& position, Price yes_price);
Money UnrealizedPnl(const Position& position, Price yes_price);

}  // namespace evx::ledger
