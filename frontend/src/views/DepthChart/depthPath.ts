// The geometry of a depth chart: what rests from the best price outward, as steps. Only pixels are
// made of these numbers.

import type { BookLevelView, BookView } from "@/data";

export interface DepthPoint {
  /** Percent of a dollar. */
  readonly price: number;
  /** Contracts from the best price until here. */
  readonly total: number;
}

export interface Depth {
  readonly bids: readonly DepthPoint[];
  readonly asks: readonly DepthPoint[];
  readonly low: number;
  readonly high: number;
  readonly largest: number;
}

function totals(levels: readonly BookLevelView[]): DepthPoint[] {
  let total = 0;
  return levels.map((level) => {
    total += Number(level.quantityCentis) / 100;
    return { price: Number(level.priceMicros) / 10_000, total };
  });
}

/** The depth of a book around its middle; `reach` is how far from it, in percent of a dollar. */
export function depthOf(book: Pick<BookView, "bids" | "asks">, reach: number): Depth {
  const bids = totals(book.bids);
  const asks = totals(book.asks);
  const bestBid = bids[0]?.price;
  const bestAsk = asks[0]?.price;
  const middle =
    bestBid !== undefined && bestAsk !== undefined
      ? (bestBid + bestAsk) / 2
      : (bestBid ?? bestAsk ?? 50);
  const low = Math.max(0, middle - reach);
  const high = Math.min(100, middle + reach);
  const shownBids = bids.filter((point) => point.price >= low);
  const shownAsks = asks.filter((point) => point.price <= high);
  const largest = Math.max(1, shownBids.at(-1)?.total ?? 0, shownAsks.at(-1)?.total ?? 0);
  return { bids: shownBids, asks: shownAsks, low, high, largest };
}

/** The outline of one side as an SVG path; empty where the side is. */
export function stepPath(
  points: readonly DepthPoint[],
  depth: Depth,
  width: number,
  height: number,
  edge: number,
): string {
  const first = points[0];
  if (first === undefined || width === 0) return "";
  const x = (price: number) =>
    (((price - depth.low) / (depth.high - depth.low)) * width).toFixed(1);
  const y = (total: number) => (height - (total / depth.largest) * (height - 1)).toFixed(1);
  const steps = points.map((point) => `H${x(point.price)}V${y(point.total)}`);
  return `M${x(first.price)},${height}${steps.join("")}H${x(edge)}V${height}Z`;
}

/** What one would meet when buying (or selling) until this price. */
export function totalAt(points: readonly DepthPoint[], price: number, isBid: boolean): number {
  let total = 0;
  for (const point of points) {
    if (isBid ? point.price < price : point.price > price) break;
    total = point.total;
  }
  return total;
}
