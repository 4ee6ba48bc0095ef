// Several orders at once: a ladder of quotes around a price.

import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { larger, smaller } from "./decimal";
import {
  additionalHold,
  balanceProblem,
  marketProblem,
  type PlanContext,
  type Problem,
} from "./orderPlan";
import { ceilPrice, floorPrice, type PriceBand, stepPrice } from "./priceGrid";

/** Most orders of one ladder. */
export const QUOTE_COUNT_MAX = 40;

export interface QuoteRequest {
  /** Where the quotes are centred, in micro-dollars. */
  middleMicros: bigint;
  /** Ticks from the middle to the first quote of each side. */
  offsetTicks: number;
  /** Quotes of each side. */
  levelCount: number;
  /** Ticks between two quotes of a side. */
  spacingTicks: number;
  /** Contracts of each quote, in hundredths. */
  quantityCentis: bigint;
  sides: "both" | "bids" | "asks";
}

export interface QuoteDraft {
  side: BookSide;
  priceMicros: bigint;
  quantityCentis: bigint;
}

/** Best prices of the book; undefined: that side is empty. */
export interface BestPrices {
  bidMicros: bigint | undefined;
  askMicros: bigint | undefined;
}

function ladder(
  bands: readonly PriceBand[],
  request: QuoteRequest,
  side: BookSide,
  best: BestPrices,
): QuoteDraft[] {
  const direction = side === BookSide.BID ? -1 : 1;
  const middle =
    side === BookSide.BID
      ? floorPrice(bands, request.middleMicros)
      : ceilPrice(bands, request.middleMicros);
  if (middle === undefined) return [];
  let start = stepPrice(bands, middle, direction * request.offsetTicks);
  // Quotes rest: the first one stays a tick away from the other side of the book.
  const barrier = side === BookSide.BID ? best.askMicros : best.bidMicros;
  if (start !== undefined && barrier !== undefined) {
    const nearest =
      side === BookSide.BID ? floorPrice(bands, barrier - 1n) : ceilPrice(bands, barrier + 1n);
    if (nearest === undefined) return [];
    start = side === BookSide.BID ? smaller(start, nearest) : larger(start, nearest);
  }
  const drafts: QuoteDraft[] = [];
  let price = start;
  const count = Math.min(request.levelCount, QUOTE_COUNT_MAX / 2);
  for (let i = 0; i < count && price !== undefined; i += 1) {
    drafts.push({ side, priceMicros: price, quantityCentis: request.quantityCentis });
    const next: bigint | undefined = stepPrice(
      bands,
      price,
      direction * Math.max(1, request.spacingTicks),
    );
    if (next === price) break;
    price = next;
  }
  return drafts;
}

/** Bids best first, then asks best first; none crosses the book or another one. */
export function quoteLadder(
  bands: readonly PriceBand[],
  request: QuoteRequest,
  best: BestPrices,
): QuoteDraft[] {
  const bids = request.sides === "asks" ? [] : ladder(bands, request, BookSide.BID, best);
  const asks = request.sides === "bids" ? [] : ladder(bands, request, BookSide.ASK, best);
  const firstBid = bids[0]?.priceMicros;
  // With no offset both sides begin at the middle: the bids have it.
  return [...bids, ...asks.filter((ask) => firstBid === undefined || ask.priceMicros > firstBid)];
}

/** Why the exchange would not take all of these orders, which only rest; undefined: it would. */
export function quotesProblem(
  quotes: readonly QuoteDraft[],
  context: PlanContext,
): Problem | undefined {
  const closed = marketProblem(context);
  if (closed !== undefined) return closed;
  const drafts = quotes.map((quote) => ({ ...quote, isPostOnly: true }));
  const holdMicros = additionalHold(drafts, context);
  if (holdMicros === undefined || context.availableMicros === undefined) return undefined;
  const shortfallMicros = holdMicros - context.availableMicros;
  return shortfallMicros > 0n ? balanceProblem(shortfallMicros) : undefined;
}
