// The columns of the account's tables: what is shown, what they are sorted by, and what of them goes
// into a file.

import { routeTo } from "@/app/router";
import type { Column } from "@/components/DataTable";
import {
  absolute,
  BookSide,
  type EventExposure,
  type Fill,
  formatExactMoney,
  formatMoment,
  formatMoney,
  formatPrice,
  formatQuantity,
  isoTime,
  MarketResult,
  NOTHING,
  type Order,
  orderStatusText,
  type PositionRow,
  plainDecimal,
  type Settlement,
  timeInForceText,
  timestampNs,
} from "@/data";
import styles from "./Portfolio.module.css";
import { SideMark, Signed } from "./Signed";

function money(micros: bigint | undefined): string {
  return micros === undefined ? NOTHING : formatMoney(micros);
}

function csvMoney(micros: bigint | undefined): string {
  return micros === undefined ? "" : plainDecimal(micros, 6);
}

function MarketLink({ ticker, title = "" }: { ticker: string; title?: string }) {
  return (
    <a className={styles.market} href={routeTo("market", ticker)} title={ticker}>
      {title === "" ? ticker : title}
    </a>
  );
}

function marketColumn<Row>(
  tickerOf: (row: Row) => string,
  titleOf: (row: Row) => string = () => "",
): Column<Row> {
  return {
    key: "market",
    header: "Market",
    cell: (row) => <MarketLink ticker={tickerOf(row)} title={titleOf(row)} />,
    sortBy: tickerOf,
    csv: { kind: "text", value: tickerOf },
  };
}

function timeColumn<Row>(timeOf: (row: Row) => bigint, isSecondary = true): Column<Row> {
  return {
    key: "time",
    header: "Time",
    width: "150px",
    isSecondary,
    cell: (row) => <time dateTime={isoTime(timeOf(row))}>{formatMoment(timeOf(row))}</time>,
    sortBy: timeOf,
    csv: { kind: "text", value: (row) => isoTime(timeOf(row)) },
  };
}

interface NumberColumn<Row> {
  key: string;
  header: string;
  value: (row: Row) => bigint | undefined;
  isSecondary?: boolean;
}

function moneyColumn<Row>({ value, ...rest }: NumberColumn<Row>): Column<Row> {
  return {
    ...rest,
    align: "end",
    cell: (row) => money(value(row)),
    sortBy: value,
    csv: { kind: "number", value: (row) => csvMoney(value(row)) },
  };
}

function exactColumn<Row>({ value, ...rest }: NumberColumn<Row>): Column<Row> {
  return {
    ...moneyColumn({ value, ...rest }),
    cell: (row) => {
      const micros = value(row);
      return micros === undefined ? NOTHING : formatExactMoney(micros);
    },
  };
}

function signedColumn<Row>({ value, ...rest }: NumberColumn<Row>): Column<Row> {
  return { ...moneyColumn({ value, ...rest }), cell: (row) => <Signed micros={value(row)} /> };
}

function priceColumn<Row>({ value, ...rest }: NumberColumn<Row>): Column<Row> {
  return {
    ...moneyColumn({ value, ...rest }),
    cell: (row) => {
      const micros = value(row);
      // Averages have more digits than prices: four are enough to read.
      return micros === undefined ? NOTHING : formatPrice((micros / 100n) * 100n);
    },
  };
}

function quantityColumn<Row>({ value, ...rest }: NumberColumn<Row>): Column<Row> {
  return {
    ...rest,
    align: "end",
    cell: (row) => {
      const centis = value(row);
      return centis === undefined ? NOTHING : formatQuantity(centis);
    },
    sortBy: value,
    csv: {
      kind: "number",
      value: (row) => {
        const centis = value(row);
        return centis === undefined ? "" : plainDecimal(centis, 2);
      },
    },
  };
}

function sideColumn<Row>(isYes: (row: Row) => boolean): Column<Row> {
  return {
    key: "side",
    header: "Side",
    width: "52px",
    cell: (row) => <SideMark isYes={isYes(row)} />,
    sortBy: (row) => (isYes(row) ? "YES" : "NO"),
    csv: { kind: "text", value: (row) => (isYes(row) ? "YES" : "NO") },
  };
}

export const POSITION_COLUMNS: readonly Column<PositionRow>[] = [
  marketColumn(
    (row) => row.marketTicker,
    (row) => row.title,
  ),
  sideColumn((row) => row.netCentis > 0n),
  quantityColumn({ key: "quantity", header: "Held", value: (row) => absolute(row.netCentis) }),
  priceColumn({ key: "average", header: "Average", value: (row) => row.averageMicros }),
  priceColumn({
    key: "mark",
    header: "Mark",
    value: (row) => row.markMicros,
    isSecondary: true,
  }),
  moneyColumn({ key: "value", header: "Value", value: (row) => row.valueMicros }),
  moneyColumn({ key: "cost", header: "Cost", value: (row) => row.costMicros, isSecondary: true }),
  signedColumn({ key: "unrealized", header: "Unrealized", value: (row) => row.unrealizedMicros }),
  signedColumn({
    key: "realized",
    header: "Realized",
    value: (row) => row.realizedMicros,
    isSecondary: true,
  }),
  exactColumn({
    key: "fees",
    header: "Fees",
    value: (row) => row.feesMicros,
    isSecondary: true,
  }),
];

function isBid(row: { side: BookSide }): boolean {
  return row.side === BookSide.BID;
}

/** What an order or fill paid for its contract: the YES price of a bid, the NO price of an ask. */
function contractPrice(row: { side: BookSide; priceMicros: bigint }): bigint {
  return isBid(row) ? row.priceMicros : 1_000_000n - row.priceMicros;
}

export function orderColumns(queueAhead: ReadonlyMap<string, bigint>): readonly Column<Order>[] {
  return [
    marketColumn((row) => row.marketTicker),
    sideColumn(isBid),
    priceColumn({ key: "price", header: "Price", value: contractPrice }),
    quantityColumn({
      key: "remaining",
      header: "Resting",
      value: (row) => row.remainingQuantityCentis,
    }),
    quantityColumn({
      key: "filled",
      header: "Filled",
      value: (row) => row.filledQuantityCentis,
      isSecondary: true,
    }),
    quantityColumn({
      key: "ahead",
      header: "Ahead",
      value: (row) => queueAhead.get(row.orderId),
    }),
    {
      key: "expires",
      header: "Expires",
      isSecondary: true,
      cell: (row) => formatMoment(timestampNs(row.expirationTime)) || "never",
      sortBy: (row) => timestampNs(row.expirationTime),
      csv: { kind: "text", value: (row) => isoTime(timestampNs(row.expirationTime)) },
    },
    {
      key: "group",
      header: "Group",
      isSecondary: true,
      cell: (row) => row.orderGroupId || NOTHING,
      csv: { kind: "text", value: (row) => row.orderGroupId },
    },
    timeColumn((row) => timestampNs(row.createTime)),
    {
      key: "id",
      header: "Order",
      isSecondary: true,
      cell: (row) => <code className={styles.id}>{row.orderId}</code>,
      csv: { kind: "text", value: (row) => row.orderId },
    },
  ];
}

export const PAST_ORDER_COLUMNS: readonly Column<Order>[] = [
  timeColumn((row) => timestampNs(row.updateTime), false),
  marketColumn((row) => row.marketTicker),
  sideColumn(isBid),
  priceColumn({ key: "price", header: "Price", value: contractPrice }),
  quantityColumn({
    key: "quantity",
    header: "Ordered",
    value: (row) => row.quantityCentis,
    isSecondary: true,
  }),
  quantityColumn({ key: "filled", header: "Filled", value: (row) => row.filledQuantityCentis }),
  {
    key: "status",
    header: "Status",
    cell: (row) => orderStatusText(row.status),
    sortBy: (row) => orderStatusText(row.status),
    csv: { kind: "text", value: (row) => orderStatusText(row.status) },
  },
  {
    key: "tif",
    header: "Terms",
    isSecondary: true,
    cell: (row) => timeInForceText(row.timeInForce),
    csv: { kind: "text", value: (row) => timeInForceText(row.timeInForce) },
  },
  exactColumn({
    key: "fees",
    header: "Fees",
    value: (row) => row.feesMicros,
    isSecondary: true,
  }),
];

export const FILL_COLUMNS: readonly Column<Fill>[] = [
  timeColumn((row) => timestampNs(row.createTime), false),
  marketColumn((row) => row.marketTicker),
  sideColumn(isBid),
  priceColumn({ key: "price", header: "Price", value: contractPrice }),
  quantityColumn({ key: "quantity", header: "Contracts", value: (row) => row.quantityCentis }),
  {
    key: "role",
    header: "Role",
    isSecondary: true,
    cell: (row) => (row.isTaker ? "taker" : "maker"),
    sortBy: (row) => (row.isTaker ? "taker" : "maker"),
    csv: { kind: "text", value: (row) => (row.isTaker ? "taker" : "maker") },
  },
  exactColumn({ key: "fee", header: "Fee", value: (row) => row.feeMicros }),
  {
    key: "trade",
    header: "Trade",
    isSecondary: true,
    cell: (row) => <code className={styles.id}>{row.tradeId}</code>,
    csv: { kind: "text", value: (row) => row.tradeId },
  },
];

function resultText(result: MarketResult): string {
  switch (result) {
    case MarketResult.YES:
      return "YES";
    case MarketResult.NO:
      return "NO";
    case MarketResult.SCALAR:
      return "scalar";
    case MarketResult.VOID:
      return "void";
    case MarketResult.UNSPECIFIED:
      return NOTHING;
  }
}

export const SETTLEMENT_COLUMNS: readonly Column<Settlement>[] = [
  timeColumn((row) => row.settledTimeNs, false),
  marketColumn((row) => row.marketTicker),
  {
    key: "result",
    header: "Outcome",
    cell: (row) => resultText(row.result),
    sortBy: (row) => resultText(row.result),
    csv: { kind: "text", value: (row) => resultText(row.result) },
  },
  priceColumn({
    key: "value",
    header: "YES paid",
    value: (row) => row.settlementValueMicros,
    isSecondary: true,
  }),
  sideColumn((row) => row.positionCentis >= 0n),
  quantityColumn({ key: "held", header: "Held", value: (row) => absolute(row.positionCentis) }),
  moneyColumn({ key: "revenue", header: "Paid", value: (row) => row.revenueMicros }),
  exactColumn({
    key: "fee",
    header: "Rounding",
    value: (row) => row.feeMicros,
    isSecondary: true,
  }),
];

export const EXPOSURE_COLUMNS: readonly Column<EventExposure>[] = [
  {
    key: "event",
    header: "Event",
    cell: (row) => row.eventTicker || NOTHING,
    sortBy: (row) => row.eventTicker,
    csv: { kind: "text", value: (row) => row.eventTicker },
  },
  {
    key: "markets",
    header: "Markets",
    align: "end",
    isSecondary: true,
    cell: (row) => `${row.marketCount}${row.isMutuallyExclusive ? ", one pays" : ""}`,
    sortBy: (row) => row.marketCount,
    csv: { kind: "number", value: (row) => String(row.marketCount) },
  },
  moneyColumn({ key: "cost", header: "Cost", value: (row) => row.costMicros }),
  moneyColumn({
    key: "value",
    header: "Value",
    value: (row) => row.valueMicros,
    isSecondary: true,
  }),
  signedColumn({ key: "worst", header: "Worst", value: (row) => row.worstProfitMicros }),
  signedColumn({ key: "best", header: "Best", value: (row) => row.bestProfitMicros }),
];
