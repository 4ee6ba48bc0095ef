// Columns of one kind look, sort and export alike in every table: markets, times, sides, prices,
// amounts, counts.

import type { ReactNode } from "react";
import { routeTo } from "@/app/router";
import type { Column } from "@/components/Table";
import {
  formatExactMoney,
  formatMoment,
  formatMoney,
  formatPrice,
  formatQuantity,
  isoTime,
  NOTHING,
  plainDecimal,
} from "@/data";
import styles from "./columns.module.css";
import { SideMark, Signed } from "./Signed";

/** Of names, which are cut where there is little room. */
export const NAME_WIDTH = "minmax(96px, auto)";

interface ColumnHead {
  key: string;
  header: string;
  isSecondary?: boolean;
  width?: string;
}

interface NumberColumn<Row> extends ColumnHead {
  /** Micro-dollars, or hundredths of a contract; undefined: not known. */
  value: (row: Row) => bigint | undefined;
}

interface TextColumn<Row> extends ColumnHead {
  value: (row: Row) => string;
  /** Another drawing than the text. */
  cell?: (row: Row) => ReactNode;
}

function numberColumn<Row>(
  { value, ...head }: NumberColumn<Row>,
  scale: number,
  draw: (value: bigint) => ReactNode,
): Column<Row> {
  return {
    ...head,
    align: "end",
    cell: (row) => {
      const known = value(row);
      return known === undefined ? <span className={styles.unknown}>{NOTHING}</span> : draw(known);
    },
    sortBy: value,
    csv: {
      kind: "number",
      value: (row) => {
        const known = value(row);
        return known === undefined ? "" : plainDecimal(known, scale);
      },
    },
  };
}

/** Money to the cent. */
export function moneyColumn<Row>(column: NumberColumn<Row>): Column<Row> {
  return numberColumn(column, 6, (micros) => formatMoney(micros));
}

/** Money to the last micro-dollar: fees. */
export function exactColumn<Row>(column: NumberColumn<Row>): Column<Row> {
  return numberColumn(column, 6, (micros) => formatExactMoney(micros));
}

/** A gain or a loss. */
export function signedColumn<Row>(column: NumberColumn<Row>): Column<Row> {
  return numberColumn(column, 6, (micros) => <Signed micros={micros} />);
}

/** A price; averages have more digits than prices: four are enough to read. */
export function priceColumn<Row>(column: NumberColumn<Row>): Column<Row> {
  return numberColumn(column, 6, (micros) => formatPrice((micros / 100n) * 100n));
}

/** Contracts. */
export function quantityColumn<Row>(column: NumberColumn<Row>): Column<Row> {
  return numberColumn(column, 2, (centis) => formatQuantity(centis));
}

export function textColumn<Row>({ value, cell, ...head }: TextColumn<Row>): Column<Row> {
  return {
    ...head,
    cell: cell ?? ((row) => value(row) || NOTHING),
    sortBy: value,
    csv: { kind: "text", value },
  };
}

/** Names that the exchange gave, in letters of one width. */
export function idColumn<Row>(column: TextColumn<Row>): Column<Row> {
  return textColumn({
    ...column,
    cell: (row) => <code className={styles.id}>{column.value(row)}</code>,
  });
}

/** A market, on which a click opens its page. */
export function marketColumn<Row>(
  tickerOf: (row: Row) => string,
  titleOf: (row: Row) => string = () => "",
): Column<Row> {
  return textColumn({
    key: "market",
    header: "Market",
    width: NAME_WIDTH,
    value: tickerOf,
    cell: (row) => (
      <a className={styles.market} href={routeTo("market", tickerOf(row))} title={tickerOf(row)}>
        {titleOf(row) || tickerOf(row)}
      </a>
    ),
  });
}

/** A moment in the time of the browser; in files, of UTC. */
export function timeColumn<Row>(
  timeOf: (row: Row) => bigint,
  options: { isSecondary?: boolean; header?: string; none?: string; key?: string } = {},
): Column<Row> {
  const { isSecondary = false, header = "Time", none = "", key = "time" } = options;
  return {
    key,
    header,
    isSecondary,
    cell: (row) => <time dateTime={isoTime(timeOf(row))}>{formatMoment(timeOf(row)) || none}</time>,
    sortBy: timeOf,
    csv: { kind: "text", value: (row) => isoTime(timeOf(row)) },
  };
}

/** YES or NO. */
export function sideColumn<Row>(isYes: (row: Row) => boolean): Column<Row> {
  return textColumn({
    key: "side",
    header: "Side",
    value: (row) => (isYes(row) ? "YES" : "NO"),
    cell: (row) => <SideMark isYes={isYes(row)} />,
  });
}
