// What the positions of an event can pay together, and what its markets' prices sum to.

import { complement, larger, MICROS_PER_DOLLAR, roundDivide, smaller } from "./decimal";
import { markedValue, markPrice, payout, type Quote } from "./positions";

/** A position with what its market says about the outcome. */
export interface ExposedPosition {
  marketTicker: string;
  eventTicker: string;
  netCentis: bigint;
  costMicros: bigint;
  quote: Quote | undefined;
  /** At most one market of the event resolves to yes. */
  isMutuallyExclusive: boolean;
}

/** One line of the exposure table. */
export interface EventExposure {
  eventTicker: string;
  isMutuallyExclusive: boolean;
  marketCount: number;
  costMicros: bigint;
  /** At marks; undefined: a position of it has none. */
  valueMicros: bigint | undefined;
  /** Least and most that all positions pay together, over the outcomes that can be. */
  worstPayoutMicros: bigint;
  bestPayoutMicros: bigint;
  /** The same less the cost: loss negative. */
  worstProfitMicros: bigint;
  bestProfitMicros: bigint;
}

/**
 * Payouts over the outcomes of one event. Exclusive: each held market alone resolves to yes, or none
 * of them does (another market of the event, or no market at all). Else every market for itself.
 */
function payouts(
  positions: readonly ExposedPosition[],
  isMutuallyExclusive: boolean,
): { worst: bigint; best: bigint } {
  const ifNo = positions.map((position) => payout(position.netCentis, 0n));
  const ifYes = positions.map((position) => payout(position.netCentis, MICROS_PER_DOLLAR));
  const pairs = ifNo.map((no, i) => [no, ifYes[i] ?? 0n] as const);
  if (!isMutuallyExclusive) {
    return {
      worst: pairs.reduce((sum, [no, yes]) => sum + smaller(no, yes), 0n),
      best: pairs.reduce((sum, [no, yes]) => sum + larger(no, yes), 0n),
    };
  }
  const none = ifNo.reduce((sum, no) => sum + no, 0n);
  let worst = none;
  let best = none;
  for (const [no, yes] of pairs) {
    worst = smaller(worst, none - no + yes);
    best = larger(best, none - no + yes);
  }
  return { worst, best };
}

function exposureOf(eventTicker: string, positions: readonly ExposedPosition[]): EventExposure {
  const isMutuallyExclusive = positions.every((position) => position.isMutuallyExclusive);
  const costMicros = positions.reduce((sum, position) => sum + position.costMicros, 0n);
  let valueMicros: bigint | undefined = 0n;
  for (const position of positions) {
    const mark = markPrice(position.netCentis, position.quote);
    if (mark === undefined || valueMicros === undefined) valueMicros = undefined;
    else valueMicros += markedValue(position.netCentis, mark);
  }
  const { worst, best } = payouts(positions, isMutuallyExclusive);
  return {
    eventTicker,
    isMutuallyExclusive,
    marketCount: positions.length,
    costMicros,
    valueMicros,
    worstPayoutMicros: worst,
    bestPayoutMicros: best,
    worstProfitMicros: worst - costMicros,
    bestProfitMicros: best - costMicros,
  };
}

/** One line for each event with a position, the largest possible loss first. */
export function eventExposures(positions: readonly ExposedPosition[]): EventExposure[] {
  const byEvent = new Map<string, ExposedPosition[]>();
  for (const position of positions) {
    if (position.netCentis === 0n) continue;
    const group = byEvent.get(position.eventTicker);
    if (group === undefined) byEvent.set(position.eventTicker, [position]);
    else group.push(position);
  }
  return [...byEvent]
    .map(([eventTicker, group]) => exposureOf(eventTicker, group))
    .sort(
      (a, b) =>
        compare(a.worstProfitMicros, b.worstProfitMicros) ||
        (a.eventTicker < b.eventTicker ? -1 : 1),
    );
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Sums over the markets of an event, in micro-dollars; a fair exclusive event sums to 1,000,000. */
export interface ProbabilitySums {
  marketCount: number;
  /** A market without a bid adds nothing; undefined: of a market nothing is known. */
  bidsMicros: bigint | undefined;
  /** Undefined: a market has no ask. */
  asksMicros: bigint | undefined;
  /** Undefined: a market has neither. */
  middlesMicros: bigint | undefined;
  /**
   * What buying every YES (asks below $1) or every NO (bids above $1) of an exclusive and exhaustive
   * event would gain before fees; 0: nothing.
   */
  arbitrageMicros: bigint;
}

/** The middle of a quote, or its only side; undefined: it has none. */
export function middlePrice(quote: Quote): bigint | undefined {
  const bid = quote.bidPriceMicros > 0n ? quote.bidPriceMicros : undefined;
  const hasAsk = quote.askPriceMicros > 0n && quote.askPriceMicros < MICROS_PER_DOLLAR;
  const ask = hasAsk ? quote.askPriceMicros : undefined;
  if (bid === undefined || ask === undefined) return bid ?? ask;
  return roundDivide(bid + ask, 2n);
}

export function probabilitySums(quotes: readonly (Quote | undefined)[]): ProbabilitySums {
  const sum = (pick: (quote: Quote) => bigint | undefined): bigint | undefined => {
    let total = 0n;
    for (const quote of quotes) {
      const value = quote === undefined ? undefined : pick(quote);
      if (value === undefined) return undefined;
      total += value;
    }
    return quotes.length === 0 ? undefined : total;
  };
  const bidsMicros = sum((quote) => quote.bidPriceMicros);
  const asksMicros = sum((quote) =>
    quote.askPriceMicros > 0n && quote.askPriceMicros < MICROS_PER_DOLLAR
      ? quote.askPriceMicros
      : undefined,
  );
  const overbid = bidsMicros === undefined ? 0n : -complement(bidsMicros);
  const underask = asksMicros === undefined ? 0n : complement(asksMicros);
  return {
    marketCount: quotes.length,
    bidsMicros,
    asksMicros,
    middlesMicros: sum(middlePrice),
    arbitrageMicros: larger(larger(overbid, underask), 0n),
  };
}
