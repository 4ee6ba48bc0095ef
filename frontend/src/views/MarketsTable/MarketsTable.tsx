import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import { navigate, routeTo } from "@/app/router";
import { useChoice } from "@/app/settings";
import { Panel } from "@/components/Panel";
import { type Sort, Table } from "@/components/Table";
import { useIsNarrow } from "@/components/useMedia";
import { type MarketEntry, useMarketsStatus } from "@/data";
import { NARROW_COLUMNS, WIDE_COLUMNS } from "./columns";
import { EventHead } from "./EventHead";
import { eventLines } from "./eventLines";
import { type Line, lineKey, marketLines, type ShownLine, useLine } from "./lines";

const RESORT_MS = 1_000;
const MIN_WIDTH = 1_080;
const NO_COLUMNS: typeof WIDE_COLUMNS = [];

function parseSort(text: string): Sort {
  const [key = "volume", direction = "down"] = text.split(" ");
  return { key, isDescending: direction === "down" };
}

function open(line: Line): void {
  if (line.kind === "market") navigate(routeTo("market", line.marketTicker));
}

/** Grows each `periodMs`; 0: it stands. */
function useRound(periodMs: number): number {
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (periodMs === 0) return;
    const timer = setInterval(() => setRound((count) => count + 1), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
  return round;
}

/** Events that are folded, and how that is changed. */
function useFolded(): [ReadonlySet<string>, (eventTicker: string) => void] {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const turn = useCallback((eventTicker: string) => {
    setFolded((before) => {
      const after = new Set(before);
      if (!after.delete(eventTicker)) after.add(eventTicker);
      return after;
    });
  }, []);
  return [folded, turn];
}

/** Markets with their prices of now, one by one or by event. */
export function MarketsTable({
  entries,
  isByEvent,
  shownLines,
  empty,
}: {
  entries: readonly MarketEntry[];
  isByEvent: boolean;
  /** Is told the lines in their order, for who makes a file of them. */
  shownLines: RefObject<readonly Line[]>;
  empty: string;
}) {
  const [sortText, setSortText] = useChoice("markets.sort", "volume down");
  const sort = useMemo(() => parseSort(sortText), [sortText]);
  const onSort = useCallback(
    (next: Sort) => setSortText(`${next.key} ${next.isDescending ? "down" : "up"}`),
    [setSortText],
  );
  const isNarrow = useIsNarrow();
  const status = useMarketsStatus();
  const [folded, turn] = useFolded();
  const round = useRound(isByEvent ? RESORT_MS : 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies(round): prices have changed.
  const lines = useMemo<readonly Line[]>(
    () => (isByEvent ? eventLines(entries, sort, folded) : marketLines(entries)),
    [entries, isByEvent, sort, folded, round],
  );
  const renderGroup = useCallback(
    (line: Line) =>
      line.kind === "event" ? (
        <EventHead
          line={line}
          isFolded={folded.has(line.eventTicker)}
          onFold={() => turn(line.eventTicker)}
        />
      ) : null,
    [folded, turn],
  );
  return (
    <Panel
      title="Markets"
      isHeadHidden
      message="MARKET_TICKER"
      value={status.value}
      isStale={status.isStale}
      isFlush
    >
      {() => (
        <Table<Line, ShownLine>
          label="Markets"
          rows={lines}
          keyOf={lineKey}
          columns={isNarrow ? NARROW_COLUMNS : WIDE_COLUMNS}
          // Events come sorted with their markets.
          sortColumns={isByEvent ? NO_COLUMNS : WIDE_COLUMNS}
          useRow={useLine}
          sort={sort}
          onSort={onSort}
          resortMs={isByEvent ? 0 : RESORT_MS}
          onOpen={open}
          renderGroup={renderGroup}
          shownRows={shownLines}
          minWidth={isNarrow ? 0 : MIN_WIDTH}
          empty={empty}
        />
      )}
    </Panel>
  );
}
