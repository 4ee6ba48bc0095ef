import { memo, useMemo } from "react";
import { columnQuantity } from "@/components/columnQuantity";
import { Panel } from "@/components/Panel";
import { type Column, Table } from "@/components/Table";
import {
  BookSide,
  formatClock,
  formatPrice,
  type Live,
  type Market,
  priceDigits,
  type Trade,
} from "@/data";
import styles from "./TradeTape.module.css";

function columnsOf(digits: number): Column<Trade>[] {
  return [
    {
      key: "time",
      header: "Time",
      width: "minmax(64px, 1fr)",
      cell: (trade) => <span className={styles.time}>{formatClock(trade.eventTimeNs)}</span>,
    },
    {
      key: "side",
      header: "Taker",
      width: "minmax(48px, 0.6fr)",
      cell: (trade) =>
        trade.takerSide === BookSide.BID ? (
          <span className={styles.yes}>▲ YES</span>
        ) : (
          <span className={styles.no}>▼ NO</span>
        ),
    },
    {
      key: "price",
      header: "Price",
      width: "minmax(50px, 0.6fr)",
      align: "end",
      cell: (trade) => (
        <span className={trade.takerSide === BookSide.BID ? styles.yes : styles.no}>
          {formatPrice(trade.priceMicros, digits)}
        </span>
      ),
    },
    {
      key: "count",
      header: "Count",
      width: "minmax(66px, 1fr)",
      align: "end",
      cell: (trade) => columnQuantity(trade.quantityCentis),
    },
  ];
}

function keyOf(trade: Trade): string {
  return trade.tradeId;
}

/** Every trade of a market as it happens, newest first. None is left out. */
export const TradeTape = memo(function TradeTape({
  market,
  trades,
}: {
  market: Market | undefined;
  trades: Live<readonly Trade[]>;
}) {
  const digits = priceDigits(market?.priceBands ?? []);
  const columns = useMemo(() => columnsOf(digits), [digits]);
  return (
    <Panel
      title="Trades"
      message="TRADES"
      value={trades.value}
      isStale={trades.isStale}
      isFlush
      className={styles.tape}
      isEmpty={(list) => list.length === 0}
      empty="No trade yet."
    >
      {(list) => <Table label="Trades" rows={list} keyOf={keyOf} columns={columns} />}
    </Panel>
  );
});
