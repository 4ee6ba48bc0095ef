import { useRef } from "react";
import { useAction } from "@/app/actions";
import type { PageProps } from "@/app/routes";
import type { Line } from "@/views/MarketsTable/lines";
import { MarketFilterBar } from "@/views/MarketsTable/MarketFilterBar";
import { MarketsTable } from "@/views/MarketsTable/MarketsTable";
import { useMarketFilter, useSwitch } from "@/views/MarketsTable/useMarketFilter";
import styles from "./MarketsPage.module.css";

/** Every market of the venue with its prices of now. */
export default function MarketsPage({ route }: PageProps) {
  const table = useRef<HTMLDivElement>(null);
  const shownLines = useRef<readonly Line[]>([]);
  const filter = useMarketFilter(route);
  const byEvent = useSwitch("markets.grouped", false);
  useAction({
    id: "markets-group",
    title: "Group markets by event",
    group: "Markets",
    keys: "shift+g",
    run: byEvent.toggle,
  });
  const focusFirstRow = () =>
    table.current?.querySelector<HTMLElement>('[role="row"][data-index="0"]')?.focus();
  const hasNoFavourite = filter.favouritesOnly.isOn && filter.entries.length === 0;
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Markets</h1>
      <MarketFilterBar
        filter={filter}
        byEvent={byEvent}
        shownLines={shownLines}
        onEnter={focusFirstRow}
      />
      <div ref={table} className={styles.table}>
        <MarketsTable
          entries={filter.entries}
          isByEvent={byEvent.isOn}
          shownLines={shownLines}
          empty={
            hasNoFavourite ? "No favourite fits: mark a market with its star." : "No market fits."
          }
        />
      </div>
    </div>
  );
}
