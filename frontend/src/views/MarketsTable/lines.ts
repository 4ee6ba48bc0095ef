// The lines of the table: markets, one by one or behind the event that they belong to.

import type { RefObject } from "react";
import { currentMarket, type MarketEntry, useMarket } from "@/data";

export interface MarketLine {
  readonly kind: "market";
  readonly marketTicker: string;
  /** Its event stands over it: it need not be told again. */
  readonly isGrouped: boolean;
}

export interface EventLine {
  readonly kind: "event";
  readonly eventTicker: string;
  readonly title: string;
  readonly isExclusive: boolean;
  readonly marketTickers: readonly string[];
}

export type Line = MarketLine | EventLine;
export type ShownLine = MarketEntry | undefined;

export function lineKey(line: Line): string {
  return line.kind === "market" ? line.marketTicker : `event ${line.eventTicker}`;
}

export function useLine(line: Line): ShownLine {
  return useMarket(line.kind === "market" ? line.marketTicker : "");
}

/** What a line tells of its market now; undefined: it is an event, or nothing is known. */
export function ofLine<T>(pick: (entry: MarketEntry) => T | undefined) {
  return (line: Line): T | undefined => {
    const entry = line.kind === "market" ? currentMarket(line.marketTicker) : undefined;
    return entry === undefined ? undefined : pick(entry);
  };
}

/** One line for each market. */
export function marketLines(entries: readonly MarketEntry[], isGrouped = false): MarketLine[] {
  return entries.map(({ market: { marketTicker } }) => ({
    kind: "market",
    marketTicker,
    isGrouped,
  }));
}

/** Of the lines that are shown, the markets. */
export function shownMarkets(lines: RefObject<readonly Line[]>): RefObject<readonly Line[]> {
  return {
    get current() {
      return lines.current.filter((line) => line.kind === "market");
    },
  };
}
