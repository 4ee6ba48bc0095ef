// Which markets a table shows, and in which order: pure functions on the markets of now.

import { MarketResult, MarketStatus } from "@/gen/evx/common/v1/common_pb";
import { MICROS_PER_DOLLAR } from "../calculators/decimal";
import type { MarketEntry } from "../stores/marketsStore";

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

/** The best bid; undefined: there is none. */
export function bidOf({ ticker }: MarketEntry): bigint | undefined {
  return ticker?.bidPriceMicros || undefined;
}

/** The best ask; undefined: there is none. */
export function askOf({ ticker }: MarketEntry): bigint | undefined {
  return ticker?.askPriceMicros === MICROS_PER_DOLLAR ? undefined : ticker?.askPriceMicros;
}

/** Price of the last trade; undefined: there was none. */
export function lastOf({ ticker }: MarketEntry): bigint | undefined {
  return ticker?.lastPriceMicros || undefined;
}

/** Ask less bid; undefined: a side is empty. */
export function spreadOf(entry: MarketEntry): bigint | undefined {
  const bid = bidOf(entry);
  const ask = askOf(entry);
  return bid === undefined || ask === undefined ? undefined : ask - bid;
}

/**
 * What the market says of YES: the middle of bid and ask, else the last trade; undefined: neither, or
 * its outcome is known.
 */
export function impliedPrice(entry: MarketEntry): bigint | undefined {
  if (entry.market.result !== MarketResult.UNSPECIFIED) return undefined;
  const bid = bidOf(entry);
  const ask = askOf(entry);
  return bid === undefined || ask === undefined ? lastOf(entry) : (bid + ask) / 2n;
}

/** Markets of one event. */
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

/** Every category that occurs, by name. */
export function categoriesOf(entries: readonly MarketEntry[]): string[] {
  return [...new Set(entries.map(({ market }) => market.category).filter(Boolean))].sort();
}
