import { useCallback, useMemo, useRef, useState } from "react";
import { useAction } from "@/app/actions";
import { navigate, routeTo } from "@/app/router";
import { useChoice, useSettings } from "@/app/settings";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import { type Sort, Table } from "@/components/Table";
import { useIsNarrow } from "@/components/useMedia";
import {
  categoriesOf,
  currentMarkets,
  groupByEvent,
  matchesFilter,
  useCatalogueVersion,
  useMarketsStatus,
} from "@/data";
import {
  EventHead,
  lineKey,
  type MarketLine,
  NARROW_COLUMNS,
  type ShownLine,
  useLine,
  WIDE_COLUMNS,
} from "@/views/MarketsTable/columns";
import styles from "./MarketsPage.module.css";

const RESORT_MS = 1_000;

function parseSort(text: string): Sort {
  const [key = "volume", direction = "down"] = text.split(" ");
  return { key, isDescending: direction === "down" };
}

function renderGroup(line: MarketLine) {
  return line.kind === "event" ? <EventHead line={line} /> : null;
}

function open(line: MarketLine): void {
  if (line.kind === "market") navigate(routeTo("market", line.marketTicker));
}

/** Every market of the venue with its prices of now. */
export default function MarketsPage() {
  const [text, setText] = useState("");
  const [category, setCategory] = useState("");
  const [isFavourite, setIsFavourite] = useChoice("markets.favourites", "no");
  const [isOpenOnly, setIsOpenOnly] = useChoice("markets.open", "yes");
  const [isGrouped, setIsGrouped] = useChoice("markets.grouped", "no");
  const [sortText, setSortText] = useChoice("markets.sort", "volume down");
  const favourites = useSettings((settings) => settings.favourites);
  const isNarrow = useIsNarrow();
  const search = useRef<HTMLInputElement>(null);
  const status = useMarketsStatus();
  const version = useCatalogueVersion();

  useAction({
    id: "markets-search",
    title: "Search in the table of markets",
    group: "Markets",
    keys: "/",
    run: () => search.current?.focus(),
  });
  useAction({
    id: "markets-group",
    title: "Group markets by event",
    group: "Markets",
    keys: "shift+g",
    run: () => setIsGrouped(isGrouped === "yes" ? "no" : "yes"),
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const entries = useMemo(() => {
    const tickers = isFavourite === "yes" ? new Set(favourites) : undefined;
    const status = isOpenOnly === "yes" ? "open" : "all";
    return currentMarkets().filter((entry) =>
      matchesFilter(entry, { text, category, status, tickers }),
    );
  }, [version, text, category, isFavourite, favourites, isOpenOnly]);
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const categories = useMemo(() => categoriesOf(currentMarkets()), [version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const totalCount = useMemo(() => currentMarkets().length, [version]);

  const isEventView = isGrouped === "yes";
  const lines = useMemo<MarketLine[]>(() => {
    const market = (marketTicker: string): MarketLine => ({ kind: "market", marketTicker });
    if (!isEventView) return entries.map((entry) => market(entry.market.marketTicker));
    return groupByEvent(entries).flatMap((group) => [
      { kind: "event", ...group },
      ...group.marketTickers.map(market),
    ]);
  }, [entries, isEventView]);

  const sort = useMemo(() => parseSort(sortText), [sortText]);
  const onSort = useCallback(
    (next: Sort) => setSortText(`${next.key} ${next.isDescending ? "down" : "up"}`),
    [setSortText],
  );

  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Markets</h1>
      <div className={styles.tools}>
        <TextField
          ref={search}
          label="Search markets"
          isLabelHidden
          placeholder="Search markets  ( / )"
          type="search"
          value={text}
          onChange={setText}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        <SelectField
          label="Category"
          isLabelHidden
          value={category}
          onChange={setCategory}
          options={[
            { value: "", label: "All categories" },
            ...categories.map((name) => ({ value: name, label: name })),
          ]}
        />
        <Toggle label="★ Favourites" value={isFavourite} onChange={setIsFavourite} />
        <Toggle label="Open only" value={isOpenOnly} onChange={setIsOpenOnly} />
        <Toggle label="By event" value={isGrouped} onChange={setIsGrouped} />
        <output className={styles.count}>
          {entries.length === totalCount
            ? `${totalCount} markets`
            : `${entries.length} of ${totalCount} markets`}
        </output>
      </div>
      <div className={styles.table}>
        <Panel
          title="Markets"
          isHeadHidden
          message="MARKET_TICKER"
          value={status.value}
          isStale={status.isStale}
          isFlush
        >
          {() => (
            <Table<MarketLine, ShownLine>
              label="Markets"
              rows={lines}
              rowKey={lineKey}
              sortColumns={WIDE_COLUMNS}
              columns={isNarrow ? NARROW_COLUMNS : WIDE_COLUMNS}
              useRow={useLine}
              sort={isEventView ? null : sort}
              {...(isEventView ? {} : { onSort, resortMs: RESORT_MS })}
              onOpen={open}
              renderGroup={renderGroup}
              minWidth={isNarrow ? 0 : 1080}
              empty={
                isFavourite === "yes" && favourites.length === 0
                  ? "No favourites yet: mark a market with its star."
                  : "No market fits."
              }
            />
          )}
        </Panel>
      </div>
    </div>
  );
}

function Toggle({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Button isPressed={value === "yes"} onClick={() => onChange(value === "yes" ? "no" : "yes")}>
      {label}
    </Button>
  );
}
