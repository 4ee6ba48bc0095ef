// The columns of the account's tables.

import { Button } from "@/components/Button";
import type { Column } from "@/components/Table";
import {
  absolute,
  BookSide,
  complement,
  type EventExposure,
  type Fill,
  MarketResult,
  NOTHING,
  type Order,
  orderStatusText,
  type PositionRow,
  type Settlement,
  timeInForceText,
  timestampNs,
} from "@/data";
import {
  exactColumn,
  idColumn,
  marketColumn,
  moneyColumn,
  NAME_WIDTH,
  priceColumn,
  quantityColumn,
  sideColumn,
  signedColumn,
  textColumn,
  timeColumn,
} from "@/views/columns/columns";

/** `onClose`: the position is to be closed; undefined: one may only look. */
export function positionColumns(
  onClose: ((row: PositionRow) => void) | undefined,
): readonly Column<PositionRow>[] {
  if (onClose === undefined) return POSITION_COLUMNS;
  return [
    ...POSITION_COLUMNS,
    {
      key: "close",
      header: "Close",
      head: <span className="visually-hidden">Close</span>,
      align: "end",
      cell: (row) => (
        <Button
          size="small"
          title="Fills the ticket with an order that closes it"
          aria-label={`Close ${row.marketTicker}`}
          onClick={() => onClose(row)}
        >
          Close
        </Button>
      ),
    },
  ];
}

const POSITION_COLUMNS: readonly Column<PositionRow>[] = [
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
  return isBid(row) ? row.priceMicros : complement(row.priceMicros);
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
    timeColumn((row) => timestampNs(row.expirationTime), {
      key: "expires",
      header: "Expires",
      isSecondary: true,
      none: "never",
    }),
    textColumn({
      key: "group",
      header: "Group",
      isSecondary: true,
      value: (row) => row.orderGroupId,
    }),
    timeColumn((row) => timestampNs(row.createTime), { isSecondary: true }),
    idColumn({ key: "id", header: "Order", isSecondary: true, value: (row) => row.orderId }),
  ];
}

export const PAST_ORDER_COLUMNS: readonly Column<Order>[] = [
  timeColumn((row) => timestampNs(row.updateTime)),
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
  textColumn({ key: "status", header: "Status", value: (row) => orderStatusText(row.status) }),
  textColumn({
    key: "tif",
    header: "Terms",
    isSecondary: true,
    value: (row) => timeInForceText(row.timeInForce),
  }),
  exactColumn({
    key: "fees",
    header: "Fees",
    value: (row) => row.feesMicros,
    isSecondary: true,
  }),
];

export const FILL_COLUMNS: readonly Column<Fill>[] = [
  timeColumn((row) => timestampNs(row.createTime)),
  marketColumn((row) => row.marketTicker),
  sideColumn(isBid),
  priceColumn({ key: "price", header: "Price", value: contractPrice }),
  quantityColumn({ key: "quantity", header: "Contracts", value: (row) => row.quantityCentis }),
  textColumn({
    key: "role",
    header: "Role",
    isSecondary: true,
    value: (row) => (row.isTaker ? "taker" : "maker"),
  }),
  exactColumn({ key: "fee", header: "Fee", value: (row) => row.feeMicros }),
  idColumn({ key: "trade", header: "Trade", isSecondary: true, value: (row) => row.tradeId }),
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
  timeColumn((row) => row.settledTimeNs),
  marketColumn((row) => row.marketTicker),
  textColumn({ key: "result", header: "Outcome", value: (row) => resultText(row.result) }),
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

/** `titleOf`: what an event is called, by its ticker; empty: not known. */
export function exposureColumns(
  titleOf: (eventTicker: string) => string,
): readonly Column<EventExposure>[] {
  return [
    textColumn({
      key: "event",
      header: "Event",
      width: NAME_WIDTH,
      value: (row) => row.eventTicker,
      cell: (row) => (
        <span title={row.eventTicker}>
          {titleOf(row.eventTicker) || row.eventTicker || NOTHING}
        </span>
      ),
    }),
    {
      key: "markets",
      header: "Positions",
      align: "end",
      isSecondary: true,
      cell: (row) => row.marketCount,
      sortBy: (row) => row.marketCount,
      csv: { kind: "number", value: (row) => String(row.marketCount) },
    },
    textColumn({
      key: "exclusive",
      header: "Pays",
      isSecondary: true,
      value: (row) => (row.isMutuallyExclusive ? "one" : "each"),
    }),
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
}
