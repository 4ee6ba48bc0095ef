// What a position is worth, what it has gained, and what it becomes by fills.

import { BookSide } from "@/gen/evx/common/v1/common_pb";
import {
  absolute,
  amountOf,
  CENTIS_PER_CONTRACT,
  complement,
  MICROS_PER_DOLLAR,
  roundDivide,
  smaller,
} from "./decimal";
import { buyingPrice, closable } from "./holds";

/** Net contracts of one market (YES positive, NO negative) and what they cost. */
export interface Holding {
  netCentis: bigint;
  costMicros: bigint;
}

/** The best quotes of a market as its ticker has them: bid 0 none, ask 1,000,000 none. */
export interface Quote {
  bidPriceMicros: bigint;
  askPriceMicros: bigint;
}

/**
 * The YES price at which a position is marked, as the exchange marks it: what the book pays for it
 * now. Undefined: nobody bids, so what it is worth is not known.
 */
export function markPrice(netCentis: bigint, quote: Quote | undefined): bigint | undefined {
  if (quote === undefined || netCentis === 0n) return undefined;
  if (netCentis > 0n) return quote.bidPriceMicros > 0n ? quote.bidPriceMicros : undefined;
  return quote.askPriceMicros > 0n && quote.askPriceMicros < MICROS_PER_DOLLAR
    ? quote.askPriceMicros
    : undefined;
}

/** What a position is worth at a YES price. */
export function markedValue(netCentis: bigint, yesPriceMicros: bigint): bigint {
  return netCentis >= 0n
    ? amountOf(yesPriceMicros, netCentis)
    : amountOf(complement(yesPriceMicros), -netCentis);
}

/** Gain on the average cost if it were closed at a YES price, without fees. */
export function unrealizedProfit(holding: Holding, yesPriceMicros: bigint): bigint {
  return markedValue(holding.netCentis, yesPriceMicros) - holding.costMicros;
}

/** Average cost of a contract, of YES for a YES position and of NO for a NO position. */
export function averagePrice(holding: Holding): bigint | undefined {
  if (holding.netCentis === 0n) return undefined;
  return roundDivide(holding.costMicros * CENTIS_PER_CONTRACT, absolute(holding.netCentis));
}

/** What the position pays when the market resolves to this value of YES. */
export function payout(netCentis: bigint, settlementValueMicros: bigint): bigint {
  return markedValue(netCentis, settlementValueMicros);
}

export interface HoldingChange {
  holding: Holding;
  closedCentis: bigint;
  openedCentis: bigint;
  /** Closing price less average cost, without fees. */
  realizedMicros: bigint;
  /** Cash before fees; negative when paying. */
  revenueMicros: bigint;
}

/**
 * One fill: it first closes what there is of the opposite contract. Closing takes away its share of
 * the cost, rounded down; the last contract takes the rest, so that a flat position costs nothing.
 */
export function applyFill(
  before: Holding,
  side: BookSide,
  priceMicros: bigint,
  quantityCentis: bigint,
): HoldingChange {
  const price = buyingPrice(side, priceMicros);
  const closedCentis = smaller(quantityCentis, closable(side, before.netCentis));
  const openedCentis = quantityCentis - closedCentis;
  const held = absolute(before.netCentis);
  let closedCost = 0n;
  if (closedCentis > 0n) {
    closedCost =
      closedCentis === held ? before.costMicros : (before.costMicros * closedCentis) / held;
  }
  const proceeds = amountOf(complement(price), closedCentis);
  const spent = amountOf(price, openedCentis);
  const signed = side === BookSide.ASK ? -quantityCentis : quantityCentis;
  return {
    holding: {
      netCentis: before.netCentis + signed,
      costMicros: before.costMicros - closedCost + spent,
    },
    closedCentis,
    openedCentis,
    realizedMicros: proceeds - closedCost,
    revenueMicros: proceeds - spent,
  };
}
