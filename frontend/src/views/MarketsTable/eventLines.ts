import type { Sort } from "@/components/Table";
import { sortRows } from "@/components/tableColumns";
import { groupByEvent, type MarketEntry } from "@/data";
import { WIDE_COLUMNS } from "./columns";
import { type EventLine, type Line, marketLines, type ShownLine } from "./lines";

/**
 * Events with their markets behind them. Markets are sorted within their event, and events by the
 * first of theirs; of a folded event only its own line is there.
 */
export function eventLines(
  entries: readonly MarketEntry[],
  sort: Sort,
  folded: ReadonlySet<string>,
): Line[] {
  const sorted = sortRows<Line, ShownLine>(marketLines(entries), WIDE_COLUMNS, sort);
  const byTicker = new Map(entries.map((entry) => [entry.market.marketTicker, entry]));
  const inOrder = sorted.flatMap((line) =>
    line.kind === "market" ? (byTicker.get(line.marketTicker) ?? []) : [],
  );
  return groupByEvent(inOrder).flatMap((group): Line[] => {
    const event: EventLine = { kind: "event", ...group };
    if (folded.has(group.eventTicker)) return [event];
    const markets = group.marketTickers.flatMap((ticker) => byTicker.get(ticker) ?? []);
    return [event, ...marketLines(markets, true)];
  });
}
