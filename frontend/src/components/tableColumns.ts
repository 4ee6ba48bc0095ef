// What a table shows, what it is sorted by, and what of it goes into a file.

import type { ReactNode } from "react";
import type { CsvColumn } from "@/data";

/** What a column is sorted by; undefined: not known, which comes last either way. */
export type SortValue = bigint | number | string | undefined;

/** `Shown` is what the table's `useRow` makes of a row; without one it is the row. */
export interface Column<Row, Shown = Row> {
  readonly key: string;
  readonly header: string;
  /** What stands in the head instead of the words. */
  readonly head?: ReactNode;
  /** "end": numbers, so that digits are below digits. */
  readonly align?: "start" | "end" | "center";
  /**
   * As of `grid-template-columns`: "72px", "minmax(120px, 1fr)". Where every column has one nothing
   * moves when values change; a column without one is as wide as what it shows.
   */
  readonly width?: string;
  readonly cell: (row: Row, shown: Shown) => ReactNode;
  /** Makes the column sortable. */
  readonly sortBy?: (row: Row) => SortValue;
  /** Makes the column part of the file; with a header of its own where the table shows another thing. */
  readonly csv?: Pick<CsvColumn<Row>, "kind" | "value"> & Partial<Pick<CsvColumn<Row>, "header">>;
  /** Left out where the table is narrow. */
  readonly isSecondary?: boolean;
}

export interface Sort {
  readonly key: string;
  readonly isDescending: boolean;
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true });

function compare(a: SortValue, b: SortValue): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  if (typeof a === "string" && typeof b === "string") return COLLATOR.compare(a, b);
  return a < b ? -1 : 1;
}

/** The rows by a column; as they are when it is not one to sort by. Equal rows keep their order. */
export function sortRows<Row, Shown>(
  rows: readonly Row[],
  columns: readonly Pick<Column<Row, Shown>, "key" | "sortBy">[],
  sort: Sort | null,
): readonly Row[] {
  const sortBy = columns.find((column) => column.key === sort?.key)?.sortBy;
  if (sort === null || sortBy === undefined) return rows;
  const direction = sort.isDescending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: sortBy(row) }))
    .sort((a, b) => {
      const order = compare(a.value, b.value);
      // What is not known stays at the end when the rest is turned.
      return a.value === undefined || b.value === undefined ? order : direction * order;
    })
    .map(({ row }) => row);
}

/** The next sort when a head is pressed: numbers begin with the largest, words with A. */
export function nextSort<Row, Shown>(
  column: Pick<Column<Row, Shown>, "key" | "align">,
  sort: Sort | null,
): Sort {
  const isDescending = sort?.key === column.key ? !sort.isDescending : column.align === "end";
  return { key: column.key, isDescending };
}

/** As a template of a grid; `isChecked`: a box stands before the columns. */
export function templateOf<Row, Shown>(
  columns: readonly Pick<Column<Row, Shown>, "width">[],
  isChecked: boolean,
): { template: string; isFixed: boolean } {
  const widths = columns.map((column) => column.width ?? "auto");
  return {
    template: (isChecked ? ["var(--check-width)", ...widths] : widths).join(" "),
    isFixed: columns.every((column) => column.width !== undefined),
  };
}
