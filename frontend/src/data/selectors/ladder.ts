// The rows of an order ladder: every price of the grid, what rests there, what rests until there, and
// the own orders. Pure functions on the book of now.

import { BookSide } from "@/gen/evx/common/v1/common_pb";
import type { Order } from "@/gen/evx/exchange/v1/portfolio_pb";
import { MICROS_PER_DOLLAR } from "../calculators/decimal";
import type { BookLevelView, BookView } from "../stores/bookStore";

/** Which contract's prices the ladder shows: those of NO are what is left to a dollar. */
export type LadderContract = "yes" | "no";

export interface LadderRow {
  /** Price of the YES contract: what orders are made of. */
  readonly yesPriceMicros: bigint;
  /** Price of the contract that is shown. */
  readonly shownPriceMicros: bigint;
  /** What rests to buy the shown contract at this price; 0: nothing. */
  readonly bidCentis: bigint;
  /** What rests to sell it. */
  readonly askCentis: bigint;
  /** What rests from the best price until this one; 0 where nothing rests at this one. */
  readonly bidTotalCentis: bigint;
  readonly askTotalCentis: bigint;
}

export interface Ladder {
  /** Highest shown price first. */
  readonly rows: readonly LadderRow[];
  /** Rows of the best prices; -1: the side is empty. */
  readonly bestBidIndex: number;
  readonly bestAskIndex: number;
  /** The largest quantity of one price, for the length of bars; at least 1. */
  readonly largestCentis: bigint;
}

function quantities(levels: readonly BookLevelView[]): Map<bigint, bigint> {
  return new Map(levels.map((level) => [level.priceMicros, level.quantityCentis]));
}

/** The ladder of a book over all valid prices (lowest YES price first). */
export function buildLadder(
  prices: readonly bigint[],
  book: Pick<BookView, "bids" | "asks"> | undefined,
  contract: LadderContract,
): Ladder {
  const isYes = contract === "yes";
  const bids = quantities((isYes ? book?.bids : book?.asks) ?? []);
  const asks = quantities((isYes ? book?.asks : book?.bids) ?? []);
  const count = prices.length;
  const at = (index: number) => prices[isYes ? count - 1 - index : index] ?? 0n;

  let bestBidIndex = -1;
  let bestAskIndex = -1;
  let largestCentis = 1n;
  const rows: {
    -readonly [Key in keyof LadderRow]: LadderRow[Key];
  }[] = [];
  let bidTotal = 0n;
  for (let index = 0; index < count; index += 1) {
    const yesPriceMicros = at(index);
    const bidCentis = bids.get(yesPriceMicros) ?? 0n;
    const askCentis = asks.get(yesPriceMicros) ?? 0n;
    if (bidCentis > 0n && bestBidIndex < 0) bestBidIndex = index;
    if (askCentis > 0n) bestAskIndex = index;
    if (bidCentis > largestCentis) largestCentis = bidCentis;
    if (askCentis > largestCentis) largestCentis = askCentis;
    bidTotal += bidCentis;
    rows.push({
      yesPriceMicros,
      shownPriceMicros: isYes ? yesPriceMicros : MICROS_PER_DOLLAR - yesPriceMicros,
      bidCentis,
      askCentis,
      bidTotalCentis: bidCentis > 0n ? bidTotal : 0n,
      askTotalCentis: 0n,
    });
  }
  let askTotal = 0n;
  for (let index = count - 1; index >= 0; index -= 1) {
    const row = rows[index];
    if (row === undefined) continue;
    askTotal += row.askCentis;
    if (row.askCentis > 0n) row.askTotalCentis = askTotal;
  }
  return { rows, bestBidIndex, bestAskIndex, largestCentis };
}

function showsSame(a: LadderRow, b: LadderRow): boolean {
  return (
    a.yesPriceMicros === b.yesPriceMicros &&
    a.shownPriceMicros === b.shownPriceMicros &&
    a.bidCentis === b.bidCentis &&
    a.askCentis === b.askCentis &&
    a.bidTotalCentis === b.bidTotalCentis &&
    a.askTotalCentis === b.askTotalCentis
  );
}

/** The ladder with the rows of before where they show the same: what draws a row may compare objects. */
export function keepRows(ladder: Ladder, before: Ladder | undefined): Ladder {
  if (before === undefined) return ladder;
  const rows = ladder.rows.map((row, index) => {
    const old = before.rows[index];
    return old !== undefined && showsSame(row, old) ? old : row;
  });
  return { ...ladder, rows };
}

/**
 * Where the ladder is centered: between the best prices, at the only one, or in the middle. Of prices
 * so far from each other that `rowsInSight` would show neither, at the bid.
 */
export function centerIndex(
  { rows, bestBidIndex, bestAskIndex }: Ladder,
  rowsInSight = Number.POSITIVE_INFINITY,
): number {
  if (bestBidIndex >= 0 && bestAskIndex >= 0) {
    if (Math.abs(bestBidIndex - bestAskIndex) > rowsInSight - 2) return bestBidIndex;
    return Math.round((bestBidIndex + bestAskIndex) / 2);
  }
  if (bestBidIndex >= 0) return bestBidIndex;
  if (bestAskIndex >= 0) return bestAskIndex;
  return Math.floor(rows.length / 2);
}

/** An own order as the ladder shows it. */
export interface LadderOrder {
  readonly orderId: string;
  readonly side: BookSide;
  readonly priceMicros: bigint;
  readonly remainingCentis: bigint;
  /** What it had at first, what was filled included: an amend names the total. */
  readonly totalCentis: bigint;
  /** What is matched before it; undefined: not told. */
  readonly aheadCentis: bigint | undefined;
}

/** Own orders of a market by their YES price, oldest first. */
export function ownOrders(
  orders: readonly Order[],
  queueAhead: ReadonlyMap<string, bigint>,
  marketTicker: string,
): ReadonlyMap<bigint, readonly LadderOrder[]> {
  const byPrice = new Map<bigint, LadderOrder[]>();
  for (const order of orders.toReversed()) {
    if (order.marketTicker !== marketTicker) continue;
    const own: LadderOrder = {
      orderId: order.orderId,
      side: order.side,
      priceMicros: order.priceMicros,
      remainingCentis: order.remainingQuantityCentis,
      totalCentis: order.quantityCentis,
      aheadCentis: queueAhead.get(order.orderId),
    };
    byPrice.set(order.priceMicros, [...(byPrice.get(order.priceMicros) ?? []), own]);
  }
  return byPrice;
}

/** Whether an own order stands on the left, where the shown contract is bought. */
export function isBidOf(order: Pick<LadderOrder, "side">, contract: LadderContract): boolean {
  return (order.side === BookSide.BID) === (contract === "yes");
}
