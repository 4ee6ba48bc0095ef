// What an order would do, before it is sent: what it meets in the book, what it costs, what the
// exchange would keep back for it, what can be gained and lost by it, and why it would be refused.
//
// It foretells; what counts is the exchange's answer. The book can move before the order arrives.

import { BookSide, MarketStatus, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import {
  amountOf,
  CENTIS_PER_CONTRACT,
  ceilDivide,
  complement,
  floorDivide,
  formatExactMoney,
  formatPrice,
  formatQuantity,
  larger,
  MICROS_PER_DOLLAR,
  roundDivide,
  smaller,
} from "./decimal";
import { chargeFill, type FeeTerms, feeHold, isKnownFeeType, tradeFee } from "./fees";
import { buyingPrice, closable, type HeldOrder, marketHold } from "./holds";
import { applyFill, type Holding } from "./positions";
import { type PriceBand, priceError } from "./priceGrid";

/** Most contracts of one order, in hundredths: the exchange's own limit. */
export const QUANTITY_CENTIS_MAX = 100_000_000_000n;

/** The order as it would be sent. */
export interface OrderDraft {
  side: BookSide;
  priceMicros: bigint;
  quantityCentis: bigint;
  timeInForce: TimeInForce;
  isPostOnly: boolean;
  isReduceOnly: boolean;
  /** Nanoseconds since 1970 UTC; 0: never. */
  expirationTimeNs: bigint;
}

/** A level of the book. */
export interface Level {
  priceMicros: bigint;
  quantityCentis: bigint;
}

/** An own order that rests in the market. */
export interface RestingOrder {
  orderId: string;
  side: BookSide;
  priceMicros: bigint;
  remainingQuantityCentis: bigint;
}

/** What the plan is made from. */
export interface PlanContext {
  market: {
    status: MarketStatus;
    closeTimeNs: bigint;
    priceBands: readonly PriceBand[];
    feeTerms?: FeeTerms | undefined;
  };
  /** Levels best first; undefined: the book is not known. */
  book: { bids: readonly Level[]; asks: readonly Level[] } | undefined;
  holding: Holding;
  /** Own orders that rest in this market. */
  ownOrders: readonly RestingOrder[];
  /** Cash less holds; undefined: not known. */
  availableMicros: bigint | undefined;
  nowNs: bigint;
}

/** The input that a problem is about. */
export type DraftField = "price" | "quantity" | "timeInForce" | "expiration" | "order";

/** Why the exchange would refuse the order; `reason` is the exchange's own name for it. */
export interface Problem {
  reason: string;
  field: DraftField;
  message: string;
}

/** Something to know that is no reason to refuse. */
export interface Notice {
  kind: "crosses" | "self-cross" | "partial" | "nothing-fills" | "reduced" | "fee-unknown";
  message: string;
}

export interface OrderPlan {
  /** What would be ordered: less than the draft when reduce only caps it. */
  quantityCentis: bigint;
  /** What it would meet in the book now, best first. */
  matches: Level[];
  immediateCentis: bigint;
  /** What would rest after that. */
  restingCentis: bigint;
  /** Best price of the other side that it reaches, in YES prices. */
  crossedPriceMicros: bigint | undefined;
  closesCentis: bigint;
  opensCentis: bigint;
  /** What its contracts cost: matches at their price, the rest at the limit; without fees. */
  costMicros: bigint;
  /** Average price of the contract that it buys (YES of a bid, NO of an ask). */
  averagePriceMicros: bigint | undefined;
  /** Foretold fee of all fills; undefined: the formula is not known. */
  feeMicros: bigint | undefined;
  /** What the exchange would reserve more than now. */
  holdMicros: bigint | undefined;
  /** What of that is missing in the account; 0: nothing. */
  shortfallMicros: bigint;
  /** Best and worst outcome of the order itself, held to settlement, fees included. */
  maximumGainMicros: bigint | undefined;
  maximumLossMicros: bigint | undefined;
  /** Price of the contract that it buys at which it neither gains nor loses, fees included. */
  breakEvenMicros: bigint | undefined;
  /** After all of it was filled. */
  positionAfter: Holding;
  /** Profit of what it closes, without fees. */
  realizedMicros: bigint;
  problems: Problem[];
  notices: Notice[];
}

/** What the order would meet now, without own orders being taken out. */
function matchesOf(draft: OrderDraft, quantityCentis: bigint, context: PlanContext): Level[] {
  const levels = draft.side === BookSide.BID ? context.book?.asks : context.book?.bids;
  const matches: Level[] = [];
  let left = quantityCentis;
  for (const level of levels ?? []) {
    const isReached =
      draft.side === BookSide.BID
        ? level.priceMicros <= draft.priceMicros
        : level.priceMicros >= draft.priceMicros;
    if (!isReached || left === 0n) break;
    const quantity = smaller(left, level.quantityCentis);
    matches.push({ priceMicros: level.priceMicros, quantityCentis: quantity });
    left -= quantity;
  }
  return matches;
}

function matchedQuantity(matches: readonly Level[]): bigint {
  return matches.reduce((sum, match) => sum + match.quantityCentis, 0n);
}

/** The other contract's price of a resting counter order: a YES bid meets NO bids at 1 - p. */
export function crossingText(side: BookSide, crossedPriceMicros: bigint, digits = 2): string {
  return side === BookSide.BID
    ? `crosses NO @ ${formatPrice(complement(crossedPriceMicros), digits)}`
    : `crosses YES @ ${formatPrice(crossedPriceMicros, digits)}`;
}

/** Why no order at all is taken; undefined: orders are. */
export function marketProblem({ market, nowNs }: PlanContext): Problem | undefined {
  if (market.status === MarketStatus.ACTIVE && market.closeTimeNs > nowNs) return undefined;
  return { reason: "MarketInactive", field: "order", message: "The market takes no orders now" };
}

/** So much is missing for an order. */
export function balanceProblem(shortfallMicros: bigint): Problem {
  const message = `The account lacks ${formatExactMoney(shortfallMicros)}`;
  return { reason: "InsufficientBalance", field: "quantity", message };
}

/** In the order in which the exchange looks: the first problem is the reason it would give. */
function problemsOf(
  draft: OrderDraft,
  plan: Pick<OrderPlan, "immediateCentis" | "quantityCentis" | "shortfallMicros">,
  context: PlanContext,
): Problem[] {
  const problems: Problem[] = [];
  const add = (reason: string, field: DraftField, message: string) =>
    problems.push({ reason, field, message });
  const { market } = context;
  const closed = marketProblem(context);
  if (closed !== undefined) problems.push(closed);
  const offGrid = priceError(market.priceBands, draft.priceMicros);
  if (offGrid !== undefined) add("InvalidPrice", "price", offGrid);
  if (draft.quantityCentis <= 0n || draft.quantityCentis > QUANTITY_CENTIS_MAX) {
    add("InvalidQuantity", "quantity", quantityLimitText());
  }
  const mayRest = draft.timeInForce === TimeInForce.GOOD_TILL_CANCELED;
  if (draft.expirationTimeNs !== 0n && draft.expirationTimeNs <= context.nowNs) {
    add("ExpirationInPast", "expiration", "The expiry has passed");
  }
  if (draft.expirationTimeNs !== 0n && !mayRest) {
    add("ExpirationNotAllowed", "expiration", "Only orders that rest can expire");
  }
  if (draft.isPostOnly && !mayRest) {
    add("PostOnlyNotAllowed", "timeInForce", "Post only needs an order that rests");
  }
  if (draft.isReduceOnly && draft.timeInForce !== TimeInForce.IMMEDIATE_OR_CANCEL) {
    add("ReduceOnlyNotImmediate", "timeInForce", "Reduce only needs immediate or cancel");
  }
  if (draft.isReduceOnly && plan.quantityCentis === 0n && draft.quantityCentis > 0n) {
    add("NothingToReduce", "order", "There is no position that this side reduces");
  }
  if (plan.shortfallMicros > 0n) problems.push(balanceProblem(plan.shortfallMicros));
  if (draft.isPostOnly && mayRest && plan.immediateCentis > 0n) {
    add("PostOnlyWouldCross", "price", "Post only: it would match at once");
  }
  if (
    draft.timeInForce === TimeInForce.FILL_OR_KILL &&
    context.book !== undefined &&
    plan.immediateCentis < plan.quantityCentis
  ) {
    add(
      "FillOrKillInsufficientVolume",
      "quantity",
      `The book has ${formatQuantity(plan.immediateCentis)} of ${formatQuantity(plan.quantityCentis)}`,
    );
  }
  return problems;
}

function quantityLimitText(): string {
  return `Count is above 0 and at most ${formatQuantity(QUANTITY_CENTIS_MAX)}`;
}

/** True: `a` is matched before `b` by an order of this side. */
function isBefore(side: BookSide, a: bigint, b: bigint): boolean {
  return side === BookSide.BID ? a < b : a > b;
}

/** The own order that it would meet, after what is better in the book; undefined: none. */
function firstOwnOrder(
  draft: OrderDraft,
  plan: Pick<OrderPlan, "matches" | "quantityCentis">,
  context: PlanContext,
): RestingOrder | undefined {
  let first: RestingOrder | undefined;
  for (const order of context.ownOrders) {
    if (order.side === draft.side) continue;
    if (isBefore(draft.side, draft.priceMicros, order.priceMicros)) continue;
    if (first === undefined || isBefore(draft.side, order.priceMicros, first.priceMicros)) {
      first = order;
    }
  }
  if (first === undefined) return undefined;
  const { priceMicros } = first;
  const better = plan.matches.filter((match) =>
    isBefore(draft.side, match.priceMicros, priceMicros),
  );
  return matchedQuantity(better) < plan.quantityCentis ? first : undefined;
}

function noticesOf(draft: OrderDraft, plan: OrderPlan, context: PlanContext): Notice[] {
  const notices: Notice[] = [];
  const add = (kind: Notice["kind"], message: string) => notices.push({ kind, message });
  if (plan.crossedPriceMicros !== undefined) {
    add("crosses", crossingText(draft.side, plan.crossedPriceMicros));
  }
  const own = firstOwnOrder(draft, plan, context);
  if (own !== undefined) {
    add(
      "self-cross",
      `Meets your own order @ ${formatPrice(own.priceMicros)}: canceled at that point`,
    );
  }
  if (plan.quantityCentis < draft.quantityCentis && plan.quantityCentis > 0n) {
    add("reduced", `Reduce only: ${formatQuantity(plan.quantityCentis)} of the position`);
  }
  if (draft.timeInForce === TimeInForce.IMMEDIATE_OR_CANCEL && context.book !== undefined) {
    if (plan.immediateCentis === 0n) add("nothing-fills", "Nothing in the book at this price");
    else if (plan.immediateCentis < plan.quantityCentis) {
      add("partial", `Fills ${formatQuantity(plan.immediateCentis)} now, the rest is canceled`);
    }
  }
  if (!isKnownFeeType(context.market.feeTerms)) {
    add("fee-unknown", "The fee formula of this market is not known here");
  }
  return notices;
}

interface Execution {
  after: Holding;
  closesCentis: bigint;
  costMicros: bigint;
  realizedMicros: bigint;
  feeMicros: bigint | undefined;
}

/** The fills one after the other: matches as taker, the rest as maker at the limit. */
function execute(
  draft: OrderDraft,
  plan: { matches: Level[]; restCentis: bigint },
  context: PlanContext,
): Execution {
  const fills = plan.matches.map((match) => ({ ...match, liquidity: "taker" as const }));
  const rest = {
    priceMicros: draft.priceMicros,
    quantityCentis: plan.restCentis,
    liquidity: draft.timeInForce === TimeInForce.GOOD_TILL_CANCELED ? "maker" : "taker",
  } as const;
  const result: Execution = {
    after: context.holding,
    closesCentis: 0n,
    costMicros: 0n,
    realizedMicros: 0n,
    feeMicros: 0n,
  };
  let accumulator = 0n;
  for (const fill of plan.restCentis > 0n ? [...fills, rest] : fills) {
    const change = applyFill(result.after, draft.side, fill.priceMicros, fill.quantityCentis);
    result.after = change.holding;
    result.closesCentis += change.closedCentis;
    result.realizedMicros += change.realizedMicros;
    result.costMicros += amountOf(buyingPrice(draft.side, fill.priceMicros), fill.quantityCentis);
    const fee = tradeFee(
      context.market.feeTerms,
      fill.liquidity,
      fill.priceMicros,
      fill.quantityCentis,
    );
    if (fee === undefined || result.feeMicros === undefined) {
      result.feeMicros = undefined;
      continue;
    }
    const charge = chargeFill(fee, change.revenueMicros, accumulator);
    accumulator = charge.accumulatorMicros;
    result.feeMicros += charge.feeMicros;
  }
  return result;
}

/** What the exchange would reserve at the door beyond what it holds now; undefined: not known. */
export function additionalHold(
  drafts: readonly Pick<OrderDraft, "side" | "priceMicros" | "quantityCentis" | "isPostOnly">[],
  context: Pick<PlanContext, "market" | "ownOrders" | "holding">,
): bigint | undefined {
  const terms = context.market.feeTerms;
  const entering: HeldOrder[] = [];
  for (const { side, priceMicros, quantityCentis, isPostOnly } of drafts) {
    const liquidity = isPostOnly ? "maker" : "taker";
    const feeHoldMicros = feeHold(terms, liquidity, priceMicros, quantityCentis);
    if (feeHoldMicros === undefined) return undefined;
    entering.push({ side, priceMicros, remainingQuantityCentis: quantityCentis, feeHoldMicros });
  }
  const resting: HeldOrder[] = context.ownOrders.map((order) => ({
    side: order.side,
    priceMicros: order.priceMicros,
    remainingQuantityCentis: order.remainingQuantityCentis,
    feeHoldMicros: feeHold(terms, "maker", order.priceMicros, order.remainingQuantityCentis) ?? 0n,
  }));
  const net = context.holding.netCentis;
  return larger(marketHold([...resting, ...entering], net) - marketHold(resting, net), 0n);
}

/** Price bought at which costs and fee come back: rounded against the order. */
function breakEven(costMicros: bigint, feeMicros: bigint, quantityCentis: bigint): bigint {
  return ceilDivide((costMicros + feeMicros) * CENTIS_PER_CONTRACT, quantityCentis);
}

/** The plan of a draft; a count or price that is not valid still gives what can be told. */
export function planOrder(draft: OrderDraft, context: PlanContext): OrderPlan {
  const isPriced = draft.priceMicros > 0n && draft.priceMicros < MICROS_PER_DOLLAR;
  const wanted = isPriced ? larger(draft.quantityCentis, 0n) : 0n;
  const quantityCentis = draft.isReduceOnly
    ? smaller(wanted, closable(draft.side, context.holding.netCentis))
    : wanted;
  const matches = matchesOf(draft, quantityCentis, context);
  const immediateCentis = matchedQuantity(matches);
  const restCentis = quantityCentis - immediateCentis;
  const execution = execute(draft, { matches, restCentis }, context);
  const holdMicros = additionalHold([{ ...draft, quantityCentis }], context);
  const shortfallMicros =
    holdMicros === undefined || context.availableMicros === undefined
      ? 0n
      : larger(holdMicros - context.availableMicros, 0n);
  const { costMicros, feeMicros } = execution;
  const isEmpty = quantityCentis === 0n;
  const plan: OrderPlan = {
    quantityCentis,
    matches,
    immediateCentis,
    restingCentis: draft.timeInForce === TimeInForce.GOOD_TILL_CANCELED ? restCentis : 0n,
    crossedPriceMicros: matches[0]?.priceMicros,
    closesCentis: execution.closesCentis,
    opensCentis: quantityCentis - execution.closesCentis,
    costMicros,
    averagePriceMicros: isEmpty
      ? undefined
      : roundDivide(costMicros * CENTIS_PER_CONTRACT, quantityCentis),
    feeMicros,
    holdMicros,
    shortfallMicros,
    maximumGainMicros:
      feeMicros === undefined
        ? undefined
        : amountOf(MICROS_PER_DOLLAR, quantityCentis) - costMicros - feeMicros,
    maximumLossMicros: feeMicros === undefined ? undefined : costMicros + feeMicros,
    breakEvenMicros:
      feeMicros === undefined || isEmpty
        ? undefined
        : breakEven(costMicros, feeMicros, quantityCentis),
    positionAfter: execution.after,
    realizedMicros: execution.realizedMicros,
    problems: [],
    notices: [],
  };
  plan.problems = problemsOf(draft, plan, context);
  plan.notices = noticesOf(draft, plan, context);
  return plan;
}

/**
 * The largest whole count whose hold fits the account at this price, in hundredths; what closes a
 * position is free. Undefined: fee or balance are not known.
 */
export function affordableQuantity(draft: OrderDraft, context: PlanContext): bigint | undefined {
  const available = context.availableMicros;
  if (available === undefined) return undefined;
  const holdOf = (contracts: bigint) =>
    additionalHold([{ ...draft, quantityCentis: contracts * CENTIS_PER_CONTRACT }], context);
  if (holdOf(1n) === undefined) return undefined;
  const price = buyingPrice(draft.side, draft.priceMicros);
  if (price <= 0n || price >= MICROS_PER_DOLLAR) return undefined;
  const closes = closable(draft.side, context.holding.netCentis);
  let high =
    floorDivide(larger(available, 0n), price) +
    ceilDivide(closes * MICROS_PER_DOLLAR, price * CENTIS_PER_CONTRACT) +
    1n;
  high = smaller(high, QUANTITY_CENTIS_MAX / CENTIS_PER_CONTRACT);
  let low = 0n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if ((holdOf(middle) ?? 0n) <= available) low = middle;
    else high = middle - 1n;
  }
  return low * CENTIS_PER_CONTRACT;
}
