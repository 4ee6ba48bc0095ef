import { memo, useMemo } from "react";
import { OfferAction } from "@/app/actions";
import { navigate, routeTo } from "@/app/router";
import { Panel } from "@/components/Panel";
import { Table } from "@/components/Table";
import { currentMarkets, useCatalogueVersion, useMarketFacts, useMarketsStatus } from "@/data";
import { EVENT_COLUMNS } from "@/views/MarketsTable/columns";
import { EventSums } from "@/views/MarketsTable/EventHead";
import {
  type Line,
  lineKey,
  marketLines,
  type ShownLine,
  useLine,
} from "@/views/MarketsTable/lines";

function open(line: Line | undefined): void {
  if (line?.kind === "market") navigate(routeTo("market", line.marketTicker));
}

/** The markets of the same event, to compare and to go to. */
export const EventMarkets = memo(function EventMarkets({ marketTicker }: { marketTicker: string }) {
  const { value, isStale } = useMarketsStatus();
  const version = useCatalogueVersion();
  const eventTicker = useMarketFacts(marketTicker)?.eventTicker;
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const entries = useMemo(
    () => currentMarkets().filter(({ market }) => market.eventTicker === eventTicker),
    [eventTicker, version],
  );
  const lines = useMemo(() => marketLines(entries, true), [entries]);
  const isExclusive = entries.some(({ market }) => market.mutuallyExclusive);
  const at = lines.findIndex((line) => line.marketTicker === marketTicker);
  return (
    <Panel
      title={`${lines.length} ${lines.length === 1 ? "market" : "markets"}`}
      message="MARKET_TICKER"
      value={value}
      isStale={isStale}
      isFlush
      actions={isExclusive && <EventSums marketTickers={lines.map((line) => line.marketTicker)} />}
    >
      {() => (
        <>
          <OfferAction
            id="event-previous"
            title="Previous market of the event"
            group="Market"
            keys=","
            run={() => open(lines[(at - 1 + lines.length) % lines.length])}
          />
          <OfferAction
            id="event-next"
            title="Next market of the event"
            group="Market"
            keys="."
            run={() => open(lines[(at + 1) % lines.length])}
          />
          <Table<Line, ShownLine>
            label="Markets of the event"
            rows={lines}
            keyOf={lineKey}
            columns={EVENT_COLUMNS}
            useRow={useLine}
            onOpen={open}
            isMarked={(line) => lineKey(line) === marketTicker}
          />
        </>
      )}
    </Panel>
  );
});
