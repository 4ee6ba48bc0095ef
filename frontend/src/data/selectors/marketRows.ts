// Which markets a table shows, and in which order: pure functions on the markets of now.

import { MarketStatus } from "@/gen/evx/common/v1/common_pb";
import type { MarketEntry } from "../stores/marketsStore";

const DOLLAR = 1_000_000n;

export interface MarketFilter {
  /** Words that all must occur in ticker, title or subtitle. */
  text: string;
  /** Empty: all. */
  category: string;
  /** "open": orders are accepted. */
  status: "open" | "all";
  /** Only these; undefined: all. */
  tickers?: ReadonlySet<string> | undefined;
}

export function matchesFilter({ market }: MarketEntry, filter: MarketFilter): boolean {
  if (filter.tickers !== undefined && !filter.tickers.has(market.marketTicker)) return false;
  if (filter.category !== "" && market.category !== filter.category) return false;
  if (filter.status === "open" && market.status !== MarketStatus.ACTIVE) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const line = `${market.marketTicker} ${market.title} ${market.subtitle}`.toLowerCase();
  return words.every((word) => line.includes(word));
}

/** Ask less bid; undefined: a side is empty. */
export function spreadOf({ ticker }: MarketEntry): bigint | undefined {
  if (ticker === undefined || ticker.bidPriceMicros === 0n) return undefined;
  if (ticker.askPriceMicros === DOLLAR) return undefined;
  return ticker.askPriceMicros - ticker.bidPriceMicros;
}

/** What the market says of YES: the middle of bid and ask, else the last trade; undefined: neither. */
export function impliedPrice(entry: MarketEntry): bigint | undefined {
  const { ticker } = entry;
  if (ticker === undefined) return undefined;
  if (spreadOf(entry) !== undefined) return (ticker.bidPriceMicros + ticker.askPriceMicros) / 2n;
  return ticker.lastPriceMicros === 0n ? undefined : ticker.lastPriceMicros;
}

/** Markets of one event, and what their probabilities sum to. */
export interface EventGroup {
  readonly eventTicker: string;
  readonly title: string;
  readonly isExclusive: boolean;
  readonly marketTickers: readonly string[];
}

/** Events in the order of their first market; markets keep their order. */
export function groupByEvent(entries: readonly MarketEntry[]): EventGroup[] {
  const groups = new Map<string, { first: MarketEntry; tickers: string[] }>();
  for (const entry of entries) {
    const { eventTicker, marketTicker } = entry.market;
    const group = groups.get(eventTicker);
    if (group === undefined) groups.set(eventTicker, { first: entry, tickers: [marketTicker] });
    else group.tickers.push(marketTicker);
  }
  return Array.from(groups, ([eventTicker, { first, tickers }]) => ({
    eventTicker,
    title: first.market.title,
    isExclusive: first.market.mutuallyExclusive,
    marketTickers: tickers,
  }));
}

/** Sums of bids and asks of an event: around $1 when its markets exclude each other. */
export function eventSums(entries: readonly (MarketEntry | undefined)[]): {
  bidMicros: bigint;
  askMicros: bigint;
  impliedMicros: bigint;
  unknownCount: number;
} {
  const sums = { bidMicros: 0n, askMicros: 0n, impliedMicros: 0n, unknownCount: 0 };
  for (const entry of entries) {
    const implied = entry === undefined ? undefined : impliedPrice(entry);
    if (entry?.ticker === undefined || implied === undefined) {
      sums.unknownCount += 1;
      continue;
    }
    sums.bidMicros += entry.ticker.bidPriceMicros;
    sums.askMicros += entry.ticker.askPriceMicros;
    sums.impliedMicros += implied;
  }
  return sums;
}

/** Every category that occurs, by name. */
export function categoriesOf(entries: readonly MarketEntry[]): string[] {
  return [...new Set(entries.map(({ market }) => market.category).filter(Boolean))].sort();
}
