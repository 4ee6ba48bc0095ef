// The curve of an account's worth.

import { larger } from "./decimal";

/** What the account was worth at a moment, as the exchange marked it. */
export interface EquityMark {
  timeNs: bigint;
  cashMicros: bigint;
  positionValueMicros: bigint;
}

/** A point of the curve. */
export interface EquityPoint {
  timeNs: bigint;
  equityMicros: bigint;
}

export interface EquityCurve {
  /** Oldest first, one per moment. */
  points: EquityPoint[];
  /** Last less first; deposits are in it, the marks do not tell them apart. */
  changeMicros: bigint;
  /** The deepest fall from a high before it. */
  drawdownMicros: bigint;
}

/** Marks in any order; of two of one moment the later one counts. */
export function equityCurve(marks: readonly EquityMark[], live?: EquityMark): EquityCurve {
  const byTime = new Map<bigint, bigint>();
  for (const mark of live === undefined ? marks : [...marks, live]) {
    byTime.set(mark.timeNs, mark.cashMicros + mark.positionValueMicros);
  }
  const points = [...byTime]
    .map(([timeNs, equityMicros]) => ({ timeNs, equityMicros }))
    .sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1));
  let high = points[0]?.equityMicros ?? 0n;
  let drawdownMicros = 0n;
  for (const point of points) {
    high = larger(high, point.equityMicros);
    drawdownMicros = larger(drawdownMicros, high - point.equityMicros);
  }
  const first = points[0]?.equityMicros ?? 0n;
  return {
    points,
    changeMicros: (points.at(-1)?.equityMicros ?? first) - first,
    drawdownMicros,
  };
}

/**
 * At most about `countMax` points: of each stretch of time its first, lowest, highest and last, so
 * that no fall disappears.
 */
export function thinPoints(points: readonly EquityPoint[], countMax: number): EquityPoint[] {
  if (points.length <= countMax) return [...points];
  const size = Math.ceil(points.length / Math.max(1, Math.floor(countMax / 4)));
  const kept: EquityPoint[] = [];
  for (let start = 0; start < points.length; start += size) {
    const stretch = points.slice(start, start + size);
    let lowest = 0;
    let highest = 0;
    stretch.forEach((point, i) => {
      if (point.equityMicros < (stretch[lowest]?.equityMicros ?? 0n)) lowest = i;
      if (point.equityMicros > (stretch[highest]?.equityMicros ?? 0n)) highest = i;
    });
    const indexes = new Set([0, lowest, highest, stretch.length - 1]);
    kept.push(...stretch.filter((_, i) => indexes.has(i)));
  }
  return kept;
}

/** Round amounts within the stretch, about `count` of them: steps of 1, 2 or 5 of a power of ten. */
export function roundAmounts(low: bigint, high: bigint, count: number): bigint[] {
  const wanted = (high - low) / BigInt(Math.max(1, count));
  let step = 1n;
  for (const factor of [1n, 2n, 5n]) {
    let next = factor;
    while (next * 10n <= wanted) next *= 10n;
    if (next <= wanted && next > step) step = next;
  }
  const amounts: bigint[] = [];
  for (let amount = (low / step) * step; amount <= high; amount += step) {
    if (amount >= low) amounts.push(amount);
  }
  return amounts;
}
