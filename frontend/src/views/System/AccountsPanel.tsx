import { useRef, useState } from "react";
import { Button } from "@/components/Button";
import { ExportButton } from "@/components/ExportButton";
import { TextField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import { RefreshButton } from "@/components/RefreshButton";
import { type Column, Table } from "@/components/Table";
import {
  BookSide,
  callOperator,
  formatCount,
  formatMoment,
  formatMoney,
  formatPercent,
  formatPrice,
  formatQuantity,
  isoTime,
  type OperatorAccount,
  type OwnedOrder,
  operatorMethods,
  plainDecimal,
  timestampNs,
  UsageTier,
  useLoaded,
} from "@/data";
import { type Asked, Confirm } from "./Confirm";
import styles from "./System.module.css";
import { useOperatorAction } from "./useOperatorAction";

const PAGE = 1_000;

type NumberKey = "cashMicros" | "holdMicros" | "realizedPnlMicros" | "feesPaidMicros";

function moneyColumn(key: NumberKey, header: string, isSecondary = false): Column<OperatorAccount> {
  return {
    key,
    header,
    align: "end",
    isSecondary,
    cell: (row) => formatMoney(row[key]),
    sortBy: (row) => row[key],
    csv: { kind: "number", value: (row) => plainDecimal(row[key], 6) },
  };
}

function countColumn(
  key: string,
  header: string,
  value: (row: OperatorAccount) => bigint,
  isSecondary = true,
): Column<OperatorAccount> {
  return {
    key,
    header,
    align: "end",
    isSecondary,
    cell: (row) => formatCount(value(row)),
    sortBy: value,
    csv: { kind: "number", value: (row) => String(value(row)) },
  };
}

function tierText(tier: UsageTier): string {
  return (UsageTier[tier] ?? "").toLowerCase();
}

const ACCOUNT_COLUMNS: readonly Column<OperatorAccount>[] = [
  countColumn("id", "No.", (row) => row.accountId, false),
  {
    key: "name",
    header: "Account",
    cell: (row) => row.accountName,
    sortBy: (row) => row.accountName,
    csv: { kind: "text", value: (row) => row.accountName },
  },
  {
    key: "tier",
    header: "Tier",
    isSecondary: true,
    cell: (row) => (row.disabled ? "disabled" : tierText(row.tier)),
    sortBy: (row) => tierText(row.tier),
    csv: { kind: "text", value: (row) => tierText(row.tier) },
  },
  moneyColumn("cashMicros", "Cash"),
  moneyColumn("holdMicros", "Held", true),
  moneyColumn("realizedPnlMicros", "Realized, unsettled", true),
  moneyColumn("feesPaidMicros", "Fees, unsettled", true),
  countColumn("positions", "Positions", (row) => row.openPositionCount),
  countColumn("resting", "Resting", (row) => row.orders?.restingCount ?? 0n, false),
  countColumn("accepted", "Accepted", (row) => row.orders?.acceptedCount ?? 0n),
  countColumn("executed", "Executed", (row) => row.orders?.executedCount ?? 0n),
  countColumn("rejected", "Refused", (row) => row.orders?.rejectedCount ?? 0n),
  {
    key: "ratio",
    header: "Filled",
    align: "end",
    isSecondary: true,
    cell: (row) => formatPercent(row.orders?.fillRatioMillionths ?? 0n),
    sortBy: (row) => row.orders?.fillRatioMillionths ?? 0n,
    csv: {
      kind: "number",
      value: (row) => plainDecimal(row.orders?.fillRatioMillionths ?? 0n, 6),
    },
  },
];

/** Every account of the exchange, and what became of its orders. */
export function AccountsPanel() {
  const [accounts, again] = useLoaded("accounts", async () => {
    const response = await callOperator(operatorMethods.listAccounts, { pageSize: PAGE });
    return response.accounts;
  });
  const shown = useRef<readonly OperatorAccount[]>([]);
  return (
    <Panel
      title="Accounts"
      message="ANSWER operator ListAccounts"
      value={accounts}
      onRetry={again}
      isFlush
      actions={
        <>
          <RefreshButton onClick={again} />
          <ExportButton
            name="accounts"
            columns={ACCOUNT_COLUMNS}
            rows={accounts.data ?? []}
            shownRows={shown}
          />
        </>
      }
    >
      {(rows) => (
        <Table
          label="Accounts"
          columns={ACCOUNT_COLUMNS}
          rows={rows}
          keyOf={(row) => String(row.accountId)}
          shownRows={shown}
          empty="No account."
        />
      )}
    </Panel>
  );
}

function isBid(row: OwnedOrder): boolean {
  return row.order?.side === BookSide.BID;
}

const ORDER_COLUMNS: readonly Column<OwnedOrder>[] = [
  {
    key: "account",
    header: "Account",
    cell: (row) => row.accountName,
    sortBy: (row) => row.accountName,
    csv: { kind: "text", value: (row) => row.accountName },
  },
  {
    key: "market",
    header: "Market",
    cell: (row) => row.order?.marketTicker,
    sortBy: (row) => row.order?.marketTicker,
    csv: { kind: "text", value: (row) => row.order?.marketTicker ?? "" },
  },
  {
    key: "side",
    header: "Side",
    cell: (row) => (
      <span className={isBid(row) ? styles.yes : styles.no}>{isBid(row) ? "YES" : "NO"}</span>
    ),
    sortBy: (row) => (isBid(row) ? 0 : 1),
    csv: { kind: "text", value: (row) => (isBid(row) ? "YES" : "NO") },
  },
  {
    key: "price",
    header: "YES price",
    align: "end",
    cell: (row) => formatPrice(row.order?.priceMicros ?? 0n),
    sortBy: (row) => row.order?.priceMicros,
    csv: { kind: "number", value: (row) => plainDecimal(row.order?.priceMicros ?? 0n, 6) },
  },
  {
    key: "resting",
    header: "Resting",
    align: "end",
    cell: (row) => formatQuantity(row.order?.remainingQuantityCentis ?? 0n),
    sortBy: (row) => row.order?.remainingQuantityCentis,
    csv: {
      kind: "number",
      value: (row) => plainDecimal(row.order?.remainingQuantityCentis ?? 0n, 2),
    },
  },
  {
    key: "filled",
    header: "Filled",
    align: "end",
    isSecondary: true,
    cell: (row) => formatQuantity(row.order?.filledQuantityCentis ?? 0n),
    sortBy: (row) => row.order?.filledQuantityCentis,
    csv: {
      kind: "number",
      value: (row) => plainDecimal(row.order?.filledQuantityCentis ?? 0n, 2),
    },
  },
  {
    key: "time",
    header: "Since",
    isSecondary: true,
    cell: (row) => formatMoment(timestampNs(row.order?.createTime)),
    sortBy: (row) => timestampNs(row.order?.createTime),
    csv: { kind: "text", value: (row) => isoTime(timestampNs(row.order?.createTime)) },
  },
  {
    key: "id",
    header: "Order",
    isSecondary: true,
    cell: (row) => <code>{row.order?.orderId}</code>,
    csv: { kind: "text", value: (row) => row.order?.orderId ?? "" },
  },
];

interface OrderFilter {
  accountName: string;
  marketTicker: string;
}

async function openOrders(filter: OrderFilter): Promise<readonly OwnedOrder[]> {
  const response = await callOperator(operatorMethods.listOpenOrders, {
    marketTicker: filter.marketTicker,
    pageSize: PAGE,
    ...(filter.accountName === ""
      ? {}
      : { account: { name: { case: "accountName", value: filter.accountName } } }),
  });
  return response.orders;
}

/** Open orders of everybody, of one account or in one market. */
export function AllOrdersPanel() {
  const [accountName, setAccount] = useState("");
  const [marketTicker, setMarket] = useState("");
  const [filter, setFilter] = useState<OrderFilter>();
  const key = filter === undefined ? null : `${filter.accountName}/${filter.marketTicker}`;
  const [orders, again] = useLoaded(key, () =>
    openOrders(filter ?? { accountName: "", marketTicker: "" }),
  );
  const [isBusy, call] = useOperatorAction();
  const shown = useRef<readonly OwnedOrder[]>([]);
  const [asked, setAsked] = useState<Asked>();
  const cancelAll = () => {
    if (filter === undefined) return;
    const { accountName: owner, marketTicker: ticker } = filter;
    setAsked({
      title: `Cancel the orders of ${owner}`,
      detail: `All that rest ${ticker === "" ? "in every market" : `in ${ticker}`}, listed here or not.`,
      run: () =>
        call(
          `Orders of ${owner} canceled`,
          operatorMethods.cancelAllOrders,
          {
            account: { name: { case: "accountName", value: owner } },
            marketTicker: ticker,
          },
          again,
        ),
    });
  };
  const isEmpty = accountName.trim() === "" && marketTicker.trim() === "";
  return (
    <Panel
      title="Open orders of all users"
      message="ANSWER operator ListOpenOrders"
      value={orders.status === "idle" ? { status: "success", data: [] } : orders}
      onRetry={again}
      isFlush
      actions={
        <ExportButton
          name="all-orders"
          columns={ORDER_COLUMNS}
          rows={orders.data ?? []}
          shownRows={shown}
        />
      }
    >
      {(rows) => (
        <>
          <form
            className={styles.inlineForm}
            aria-label="Which orders"
            onSubmit={(event) => {
              event.preventDefault();
              setFilter({ accountName: accountName.trim(), marketTicker: marketTicker.trim() });
              again();
            }}
          >
            <TextField label="Account" value={accountName} onChange={setAccount} />
            <TextField
              label="Market"
              value={marketTicker}
              spellCheck={false}
              onChange={setMarket}
            />
            <Button type="submit" disabled={isEmpty}>
              List
            </Button>
            <Button
              variant="danger"
              disabled={filter === undefined || filter.accountName === "" || rows.length === 0}
              isBusy={isBusy}
              onClick={cancelAll}
            >
              Cancel all
            </Button>
          </form>
          <Confirm asked={asked} onClose={() => setAsked(undefined)} />
          <Table
            label="Open orders of all users"
            columns={ORDER_COLUMNS}
            rows={rows}
            keyOf={(row) => row.order?.orderId ?? ""}
            shownRows={shown}
            empty={filter === undefined ? "Name an account, a market, or both." : "No order rests."}
          />
        </>
      )}
    </Panel>
  );
}
