import { useRef, useState } from "react";
import { routeTo } from "@/app/router";
import { Button } from "@/components/Button";
import { ExportButton } from "@/components/ExportButton";
import { TextField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import { RefreshButton } from "@/components/RefreshButton";
import { type Column, Table } from "@/components/Table";
import {
  BookSide,
  callOperator,
  formatExactMoney,
  formatMoment,
  formatPrice,
  formatQuantity,
  isoTime,
  type OwnedFill,
  operatorMethods,
  type Page,
  parseMoment,
  plainDecimal,
  timestampNs,
  timestampOf,
  useLoadedPages,
} from "@/data";
import styles from "./System.module.css";

const PAGE_SIZE = 500;

function isBid(row: OwnedFill): boolean {
  return row.fill?.side === BookSide.BID;
}

function roleText(row: OwnedFill): string {
  return row.fill?.isTaker === true ? "taker" : "maker";
}

function textColumn(
  key: string,
  header: string,
  value: (row: OwnedFill) => string,
  isSecondary = false,
): Column<OwnedFill> {
  return { key, header, isSecondary, cell: value, sortBy: value, csv: { kind: "text", value } };
}

function idColumn(
  key: string,
  header: string,
  value: (row: OwnedFill) => string,
): Column<OwnedFill> {
  const { sortBy: _, ...column } = textColumn(key, header, value, true);
  return { ...column, cell: (row) => <code>{value(row)}</code> };
}

function numberColumn(
  key: string,
  header: string,
  value: (row: OwnedFill) => bigint,
  digits: 2 | 6,
  format: (value: bigint) => string,
  isSecondary = false,
): Column<OwnedFill> {
  return {
    key,
    header,
    align: "end",
    isSecondary,
    cell: (row) => format(value(row)),
    sortBy: value,
    csv: { kind: "number", value: (row) => plainDecimal(value(row), digits) },
  };
}

const COLUMNS: readonly Column<OwnedFill>[] = [
  {
    key: "time",
    header: "Time",
    cell: (row) => formatMoment(timestampNs(row.fill?.createTime)),
    sortBy: (row) => timestampNs(row.fill?.createTime),
    csv: { kind: "text", value: (row) => isoTime(timestampNs(row.fill?.createTime)) },
  },
  textColumn("account", "Account", (row) => row.accountName),
  {
    ...textColumn("side", "Side", (row) => (isBid(row) ? "YES" : "NO")),
    cell: (row) => (
      <span className={isBid(row) ? styles.yes : styles.no}>{isBid(row) ? "YES" : "NO"}</span>
    ),
  },
  numberColumn("price", "YES price", (row) => row.fill?.priceMicros ?? 0n, 6, formatPrice),
  numberColumn("quantity", "Contracts", (row) => row.fill?.quantityCentis ?? 0n, 2, formatQuantity),
  {
    key: "market",
    header: "Market",
    cell: ({ fill }) =>
      fill === undefined ? null : (
        <a className={styles.ticker} href={routeTo("market", fill.marketTicker)}>
          {fill.marketTicker}
        </a>
      ),
    sortBy: (row) => row.fill?.marketTicker,
    csv: { kind: "text", value: (row) => row.fill?.marketTicker ?? "" },
  },
  numberColumn("fee", "Fee", (row) => row.fill?.feeMicros ?? 0n, 6, formatExactMoney, true),
  textColumn("role", "As", roleText, true),
  idColumn("trade", "Trade", (row) => row.fill?.tradeId ?? ""),
  idColumn("order", "Order", (row) => row.fill?.orderId ?? ""),
];

interface FillFilter {
  readonly accountName: string;
  readonly marketTicker: string;
  readonly fromText: string;
  readonly untilText: string;
}

const EVERYTHING: FillFilter = { accountName: "", marketTicker: "", fromText: "", untilText: "" };

/** The time of a field as the request has it; an empty field does not filter. */
function timeOf(text: string) {
  const ns = parseMoment(text);
  return ns === undefined ? undefined : timestampOf(ns);
}

async function loadFills(filter: FillFilter, pageToken: string): Promise<Page<OwnedFill>> {
  const { accountName } = filter;
  const startTime = timeOf(filter.fromText);
  const endTime = timeOf(filter.untilText);
  const { fills, nextPageToken } = await callOperator(operatorMethods.listFills, {
    marketTicker: filter.marketTicker,
    pageSize: PAGE_SIZE,
    pageToken,
    ...(accountName === ""
      ? {}
      : { account: { name: { case: "accountName", value: accountName } } }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(endTime === undefined ? {} : { endTime }),
  });
  return { rows: fills, nextPageToken };
}

function FilterForm({ onList }: { onList: (filter: FillFilter) => void }) {
  const [filter, setFilter] = useState(EVERYTHING);
  const edit = (change: Partial<FillFilter>) => setFilter({ ...filter, ...change });
  return (
    <form
      className={styles.inlineForm}
      aria-label="Which executions"
      onSubmit={(event) => {
        event.preventDefault();
        onList({
          ...filter,
          accountName: filter.accountName.trim(),
          marketTicker: filter.marketTicker.trim(),
        });
      }}
    >
      <TextField
        label="Account"
        value={filter.accountName}
        placeholder="everybody"
        onChange={(accountName) => edit({ accountName })}
      />
      <TextField
        label="Market"
        value={filter.marketTicker}
        placeholder="all"
        spellCheck={false}
        onChange={(marketTicker) => edit({ marketTicker })}
      />
      <TextField
        label="From"
        type="datetime-local"
        value={filter.fromText}
        onChange={(fromText) => edit({ fromText })}
      />
      <TextField
        label="Until"
        type="datetime-local"
        value={filter.untilText}
        onChange={(untilText) => edit({ untilText })}
      />
      <Button type="submit">List</Button>
    </form>
  );
}

/** Executions of everybody, newest first; of a trade the taker's, then the maker's. */
export function AllFillsPanel() {
  const [filter, setFilter] = useState(EVERYTHING);
  const { rows, more, again } = useLoadedPages(JSON.stringify(filter), (pageToken) =>
    loadFills(filter, pageToken),
  );
  const shown = useRef<readonly OwnedFill[]>([]);
  return (
    <Panel
      title="Executions of all users"
      message="ANSWER operator ListFills"
      value={rows}
      onRetry={again}
      isFlush
      actions={
        <>
          <RefreshButton onClick={again} />
          <ExportButton
            name="all-fills"
            columns={COLUMNS}
            rows={rows.data ?? []}
            shownRows={shown}
          />
        </>
      }
    >
      {(fills) => (
        <>
          <FilterForm onList={setFilter} />
          <Table
            label="Executions of all users"
            columns={COLUMNS}
            rows={fills}
            keyOf={({ fill }) => `${fill?.tradeId} ${fill?.orderId}`}
            shownRows={shown}
            empty="No execution."
          />
          {more === undefined ? null : (
            <p className={styles.more}>
              <Button size="small" onClick={more}>
                {`Load ${PAGE_SIZE} older`}
              </Button>
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
