import { useMemo } from "react";
import { type Column, DataTable } from "@/components/DataTable";
import { Panel } from "@/components/Panel";
import {
  type BookLevelView,
  BookSide,
  type BookView,
  complement,
  formatClock,
  formatPrice,
  formatQuantity,
  type Trade,
  useBook,
  useTrades,
} from "@/data";
import styles from "./Replay.module.css";

interface LadderRow {
  key: string;
  isBid: boolean;
  level: BookLevelView;
  /** This level and all better ones, in hundredths of a contract. */
  cumulativeCentis: bigint;
}

const LEVELS_SHOWN = 40;

function ladderRows(book: BookView): LadderRow[] {
  const side = (levels: readonly BookLevelView[], isBid: boolean): LadderRow[] => {
    let cumulativeCentis = 0n;
    return levels.slice(0, LEVELS_SHOWN).map((level) => {
      cumulativeCentis += level.quantityCentis;
      const key = `${isBid ? "bid" : "ask"}${level.priceMicros}`;
      return { key, isBid, level, cumulativeCentis };
    });
  };
  return [...side(book.asks, false).reverse(), ...side(book.bids, true)];
}

const LADDER_COLUMNS: readonly Column<LadderRow>[] = [
  {
    key: "side",
    header: "Side",
    cell: (row) => (
      <span className={row.isBid ? styles.bid : styles.ask}>{row.isBid ? "bid" : "ask"}</span>
    ),
  },
  {
    key: "yes",
    header: "YES",
    align: "end",
    cell: (row) => (
      <span className={row.isBid ? styles.bid : styles.ask}>
        {formatPrice(row.level.priceMicros)}
      </span>
    ),
  },
  {
    key: "no",
    header: "NO",
    align: "end",
    cell: (row) => formatPrice(complement(row.level.priceMicros)),
  },
  {
    key: "size",
    header: "Contracts",
    align: "end",
    cell: (row) => formatQuantity(row.level.quantityCentis),
  },
  {
    key: "sum",
    header: "Sum",
    align: "end",
    cell: (row) => formatQuantity(row.cumulativeCentis),
  },
];

const TRADE_COLUMNS: readonly Column<Trade>[] = [
  {
    key: "time",
    header: "Time",
    cell: (trade) => formatClock(trade.eventTimeNs, true),
  },
  {
    key: "side",
    header: "Taker",
    cell: (trade) => (
      <span className={trade.takerSide === BookSide.BID ? styles.bid : styles.ask}>
        {trade.takerSide === BookSide.BID ? "YES" : "NO"}
      </span>
    ),
  },
  {
    key: "price",
    header: "YES price",
    align: "end",
    cell: (trade) => formatPrice(trade.priceMicros),
  },
  {
    key: "size",
    header: "Contracts",
    align: "end",
    cell: (trade) => formatQuantity(trade.quantityCentis),
  },
];

/** Book and trades of a market as they were at the player's moment. */
export function ReplayMarket({ marketTicker }: { marketTicker: string }) {
  const book = useBook(marketTicker, "replay");
  const trades = useTrades(marketTicker, "replay");
  const rows = useMemo(
    () => (book.value.data === undefined ? [] : ladderRows(book.value.data)),
    [book.value.data],
  );
  return (
    <div className={styles.market}>
      <Panel
        title={`Book of ${marketTicker}`}
        message={`INITIAL_STATE replay-book:${marketTicker}, BOOK_UPDATE`}
        value={book.value}
        isStale={book.isStale}
        isFlush
      >
        {() => (
          <DataTable
            label="Recorded book"
            columns={LADDER_COLUMNS}
            rows={rows}
            keyOf={(row) => row.key}
            empty="The book is empty at this moment."
          />
        )}
      </Panel>
      <Panel
        title="Trades"
        message={`INITIAL_STATE replay-trades:${marketTicker}, TRADES`}
        value={trades.value}
        isStale={trades.isStale}
        isFlush
      >
        {(list) => (
          <DataTable
            label="Recorded trades"
            columns={TRADE_COLUMNS}
            rows={list}
            keyOf={(trade) => trade.tradeId}
            empty="No trade until this moment."
          />
        )}
      </Panel>
    </div>
  );
}
