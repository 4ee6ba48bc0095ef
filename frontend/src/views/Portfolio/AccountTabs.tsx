import { useMemo } from "react";
import { useChoice } from "@/app/settings";
import { Tabs } from "@/components/Tabs";
import {
  type Fill,
  type Order,
  type PortfolioView,
  type PositionRow,
  type Settlement,
  success,
  usePages,
  useSessionStore,
} from "@/data";
import { closePosition } from "./closePosition";
import { FILL_COLUMNS, PAST_ORDER_COLUMNS, positionColumns, SETTLEMENT_COLUMNS } from "./columns";
import { HistoryTable } from "./HistoryTable";
import { OrdersTable } from "./OrdersTable";

const LIVE = "INITIAL_STATE portfolio, UPDATE_PORTFOLIO";

function fillKey(fill: Fill): string {
  return `${fill.tradeId}/${fill.orderId}`;
}

/** Those of the stream, and behind them what older pages brought. */
function joined<Row>(
  live: readonly Row[],
  older: readonly Row[],
  keyOf: (row: Row) => string,
): Row[] {
  const known = new Set(live.map(keyOf));
  return [...live, ...older.filter((row) => !known.has(keyOf(row)))];
}

function Fills({ live }: { live: readonly Fill[] }) {
  const pages = usePages<Fill>(
    "fills",
    (pageToken) => ({ case: "listFills", value: { pageSize: 500, pageToken } }),
    (answer) => (answer.answer.case === "fills" ? answer.answer.value.fills : []),
  );
  const data = useMemo(() => joined(live, pages.rows.data ?? [], fillKey), [live, pages.rows.data]);
  return (
    <HistoryTable
      name="fills"
      label="Fills"
      message={`${LIVE}, ANSWER fills`}
      columns={FILL_COLUMNS}
      rows={{ ...pages.rows, data } as typeof pages.rows}
      keyOf={fillKey}
      empty="Nothing was filled yet."
      pages={pages}
    />
  );
}

function PastOrders() {
  const pages = usePages<Order>(
    "past-orders",
    (pageToken) => ({ case: "listPastOrders", value: { pageSize: 500, pageToken } }),
    (answer) => (answer.answer.case === "orders" ? answer.answer.value.orders : []),
  );
  return (
    <HistoryTable
      name="past-orders"
      label="Past orders"
      message="ANSWER orders"
      columns={PAST_ORDER_COLUMNS}
      rows={pages.rows}
      keyOf={(order) => order.orderId}
      empty="No order has ended yet."
      pages={pages}
    />
  );
}

function settlementKey(settlement: Settlement): string {
  return `${settlement.marketTicker}/${settlement.settledTimeNs}`;
}

function Settlements({ live }: { live: readonly Settlement[] }) {
  const pages = usePages<Settlement>(
    "settlements",
    (pageToken) => ({ case: "listSettlements", value: { pageSize: 500, pageToken } }),
    (answer) => (answer.answer.case === "settlements" ? answer.answer.value.settlements : []),
  );
  const data = useMemo(
    () => joined(live, pages.rows.data ?? [], settlementKey),
    [live, pages.rows.data],
  );
  return (
    <HistoryTable
      name="settlements"
      label="Settlements"
      message={`${LIVE}, ANSWER settlements`}
      columns={SETTLEMENT_COLUMNS}
      rows={{ ...pages.rows, data } as typeof pages.rows}
      keyOf={settlementKey}
      empty="No position was paid out yet."
      pages={pages}
    />
  );
}

/** The account's tables, one at a time. */
export function AccountTabs({
  portfolio,
  rows,
}: {
  portfolio: PortfolioView;
  rows: readonly PositionRow[];
}) {
  const [tab, setTab] = useChoice("portfolio.tab", "positions");
  const { orders, queueAhead, fills, settlements } = portfolio;
  const isViewer = useSessionStore((state) => state.session?.role === "viewer");
  const columns = useMemo(() => positionColumns(isViewer ? undefined : closePosition), [isViewer]);
  return (
    <Tabs
      label="Tables of the account"
      value={tab}
      onChange={setTab}
      tabs={[
        {
          value: "positions",
          title: `Positions ${rows.length}`,
          content: (
            <HistoryTable
              name="positions"
              label="Positions"
              message={`${LIVE}, MARKET_TICKER`}
              columns={columns}
              rows={success(rows)}
              keyOf={(row) => row.key}
              empty="No position is open."
            />
          ),
        },
        {
          value: "orders",
          title: `Open orders ${orders.length}`,
          content: <OrdersTable orders={orders} queueAhead={queueAhead} />,
        },
        { value: "fills", title: "Fills", content: <Fills live={fills} /> },
        { value: "past", title: "Past orders", content: <PastOrders /> },
        {
          value: "settlements",
          title: "Settlements",
          content: <Settlements live={settlements} />,
        },
      ]}
    />
  );
}
