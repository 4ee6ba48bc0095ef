// What the exchange keeps back of an account's cash for its resting orders.
//
// Each side of a market is taken alone, in terms of the contract that it buys (bids buy YES at p,
// asks buy NO at $1 - p): its orders' cost at their limits and fees, less $1 for each contract that
// would close one of the opposite kind. Subaccounts with collateral return hold more for bids that
// close NO in exclusive events; the gateway's accounts do not use it.

import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { amountOf, complement, larger, MICROS_PER_DOLLAR, smaller } from "./decimal";

/** An order as far as its hold is concerned. */
export interface HeldOrder {
  side: BookSide;
  priceMicros: bigint;
  remainingQuantityCentis: bigint;
  /** What is reserved for its fee. */
  feeHoldMicros: bigint;
}

/** What one contract costs an order of this side: p for bids, $1 - p for asks. */
export function buyingPrice(side: BookSide, priceMicros: bigint): bigint {
  return side === BookSide.ASK ? complement(priceMicros) : priceMicros;
}

/** Of the position, what an order of `side` would close, in hundredths of a contract. */
export function closable(side: BookSide, netCentis: bigint): bigint {
  return side === BookSide.BID ? larger(-netCentis, 0n) : larger(netCentis, 0n);
}

/** What one side of a market holds, in micro-dollars. */
export function sideHold(orders: readonly HeldOrder[], side: BookSide, netCentis: bigint): bigint {
  let quantity = 0n;
  let need = 0n;
  for (const order of orders) {
    if (order.side !== side) continue;
    quantity += order.remainingQuantityCentis;
    need +=
      amountOf(buyingPrice(side, order.priceMicros), order.remainingQuantityCentis) +
      order.feeHoldMicros;
  }
  const credit = amountOf(MICROS_PER_DOLLAR, smaller(quantity, closable(side, netCentis)));
  return larger(need - credit, 0n);
}

/** What the orders of one market hold together. */
export function marketHold(orders: readonly HeldOrder[], netCentis: bigint): bigint {
  return sideHold(orders, BookSide.BID, netCentis) + sideHold(orders, BookSide.ASK, netCentis);
}
