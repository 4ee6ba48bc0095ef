import { type RefObject, useRef } from "react";
import { useAction } from "@/app/actions";
import { Button } from "@/components/Button";
import { ExportButton } from "@/components/ExportButton";
import { SelectField, TextField } from "@/components/Field";
import { WIDE_COLUMNS } from "./columns";
import { type Line, marketLines, shownMarkets } from "./lines";
import styles from "./MarketsTable.module.css";
import type { MarketFilter, Switch } from "./useMarketFilter";

/** Search and filters. Enter, or the arrow down, goes from the search to the first row. */
export function MarketFilterBar({
  filter,
  byEvent,
  shownLines,
  onEnter,
}: {
  filter: MarketFilter;
  byEvent: Switch;
  /** What the table shows, in its order. */
  shownLines: RefObject<readonly Line[]>;
  onEnter: () => void;
}) {
  const search = useRef<HTMLInputElement>(null);
  useAction({
    id: "markets-search",
    title: "Search in the table of markets",
    group: "Markets",
    keys: "/",
    run: () => {
      search.current?.focus();
      search.current?.select();
    },
  });
  const { entries, totalCount, categories } = filter;
  return (
    <div className={styles.tools}>
      <TextField
        ref={search}
        label="Search markets"
        isLabelHidden
        placeholder="Search markets  ( / )"
        type="search"
        value={filter.text}
        onChange={filter.setText}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key !== "Enter" && event.key !== "ArrowDown") return;
          event.preventDefault();
          onEnter();
        }}
      />
      <SelectField
        label="Category"
        isLabelHidden
        value={filter.category}
        onChange={filter.setCategory}
        options={[
          { value: "", label: "All categories" },
          ...categories.map((name) => ({ value: name, label: name })),
        ]}
      />
      <Toggle label="★ Favourites" of={filter.favouritesOnly} />
      <Toggle label="Open only" of={filter.openOnly} />
      <Toggle label="By event" of={byEvent} />
      <output className={styles.count}>
        {entries.length === totalCount
          ? `${totalCount} markets`
          : `${entries.length} of ${totalCount} markets`}
      </output>
      <ExportButton
        name="markets"
        columns={WIDE_COLUMNS}
        rows={marketLines(entries)}
        shownRows={shownMarkets(shownLines)}
      />
    </div>
  );
}

function Toggle({ label, of: { isOn, toggle } }: { label: string; of: Switch }) {
  return (
    <Button isPressed={isOn} onClick={toggle}>
      {label}
    </Button>
  );
}
