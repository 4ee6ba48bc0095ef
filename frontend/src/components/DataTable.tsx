import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { useToken } from "@/components/useToken";
import type { CsvColumn } from "@/data";
import styles from "./DataTable.module.css";

/** What a column is sorted by. */
export type SortValue = bigint | number | string | undefined;

export interface Column<Row> {
  readonly key: string;
  readonly header: string;
  /** Numbers stand at the end of their cell, so that digits are below digits. */
  readonly align?: "start" | "end";
  /** Of the whole table, as CSS; columns without one share what is left. */
  readonly width?: string;
  readonly cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  readonly sortBy?: (row: Row) => SortValue;
  /** Makes the column part of the file. */
  readonly csv?: Pick<CsvColumn<Row>, "kind" | "value">;
  /** Left out where the table is narrow. */
  readonly isSecondary?: boolean;
}

export interface Sort {
  readonly key: string;
  readonly isDescending: boolean;
}

export interface Selection {
  readonly keys: ReadonlySet<string>;
  readonly onChange: (keys: ReadonlySet<string>) => void;
  /** What a row is called for those who do not see it: "order A". */
  readonly labelOf: (key: string) => string;
}

interface DataTableProps<Row> {
  /** Name of the table for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** What stands there when there are no rows. */
  readonly empty: ReactNode;
  readonly initialSort?: Sort;
  readonly selection?: Selection;
}

function compare(a: SortValue, b: SortValue): number {
  if (a === b) return 0;
  // What is not known comes last, whichever way it is sorted; the caller turns the rest.
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : 1;
}

function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | undefined,
): readonly Row[] {
  const sortBy = columns.find((column) => column.key === sort?.key)?.sortBy;
  if (sort === undefined || sortBy === undefined) return rows;
  const direction = sort.isDescending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: sortBy(row) }))
    .sort((a, b) => {
      const order = compare(a.value, b.value);
      return a.value === undefined || b.value === undefined ? order : direction * order;
    })
    .map(({ row }) => row);
}

/** So many rows are drawn as they are; of more only those in view. */
const PLAIN_ROWS_MAX = 60;
const OVERSCAN = 12;
const ROW_HEIGHT = "--row-height";

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: (sort: Sort) => void;
}) {
  const isSorted = sort?.key === column.key;
  const direction = sort?.isDescending === true ? "descending" : "ascending";
  return (
    <th
      scope="col"
      className={column.isSecondary === true ? styles.secondary : undefined}
      data-align={column.align ?? "start"}
      aria-sort={isSorted ? direction : undefined}
    >
      {column.sortBy === undefined ? (
        column.header
      ) : (
        <button
          type="button"
          className={styles.sort}
          onClick={() =>
            onSort({ key: column.key, isDescending: isSorted ? !sort.isDescending : false })
          }
        >
          {column.header}
          <span aria-hidden="true" className={styles.arrow}>
            {isSorted ? (sort.isDescending ? "\u25be" : "\u25b4") : ""}
          </span>
        </button>
      )}
    </th>
  );
}

function SelectAll({ selection, keys }: { selection: Selection; keys: readonly string[] }) {
  const count = keys.filter((key) => selection.keys.has(key)).length;
  const isAll = keys.length > 0 && count === keys.length;
  return (
    <th scope="col" className={styles.check}>
      <input
        type="checkbox"
        aria-label="Select all rows"
        checked={isAll}
        ref={(input) => {
          if (input !== null) input.indeterminate = count > 0 && !isAll;
        }}
        onChange={() => selection.onChange(isAll ? new Set() : new Set(keys))}
      />
    </th>
  );
}

function BodyRow<Row>({
  row,
  rowKey,
  index,
  columns,
  selection,
}: {
  row: Row;
  rowKey: string;
  index: number;
  columns: readonly Column<Row>[];
  selection: Selection | undefined;
}) {
  const isSelected = selection?.keys.has(rowKey) === true;
  const toggle = () => {
    if (selection === undefined) return;
    const keys = new Set(selection.keys);
    if (!keys.delete(rowKey)) keys.add(rowKey);
    selection.onChange(keys);
  };
  return (
    <tr aria-rowindex={index + 2} data-selected={isSelected || undefined}>
      {selection === undefined ? null : (
        <td className={styles.check}>
          <input
            type="checkbox"
            aria-label={`Select ${selection.labelOf(rowKey)}`}
            checked={isSelected}
            onChange={toggle}
          />
        </td>
      )}
      {columns.map((column) => (
        <td
          key={column.key}
          className={column.isSecondary === true ? styles.secondary : undefined}
          data-align={column.align ?? "start"}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

/**
 * A table that scrolls in itself: sorted by a click on a head, rows selected by boxes, and of many
 * rows only those in view are drawn.
 */
export function DataTable<Row>({
  label,
  columns,
  rows,
  keyOf,
  empty,
  initialSort,
  selection,
}: DataTableProps<Row>) {
  const [sort, setSort] = useState(initialSort);
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => sorted(rows, columns, sort), [rows, columns, sort]);
  const rowHeight = useToken(ROW_HEIGHT);
  const isVirtual = shown.length > PLAIN_ROWS_MAX;
  const virtualizer = useVirtualizer({
    count: isVirtual ? shown.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
  });
  const inView = virtualizer.getVirtualItems();
  const indexes = isVirtual ? inView.map((item) => item.index) : shown.map((_, index) => index);
  const before = isVirtual ? (inView[0]?.start ?? 0) : 0;
  const after = isVirtual ? virtualizer.getTotalSize() - (inView.at(-1)?.end ?? 0) : 0;
  const columnCount = columns.length + (selection === undefined ? 0 : 1);

  if (rows.length === 0) return <div className={styles.empty}>{empty}</div>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
    <section ref={scroller} className={styles.scroller} tabIndex={0} aria-label={label}>
      <table className={styles.table} aria-rowcount={shown.length + 1} aria-label={label}>
        <colgroup>
          {selection === undefined ? null : <col className={styles.checkColumn} />}
          {columns.map((column) => (
            <col
              key={column.key}
              className={column.isSecondary === true ? styles.secondary : undefined}
              style={column.width === undefined ? undefined : { width: column.width }}
            />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {selection === undefined ? null : (
              <SelectAll selection={selection} keys={shown.map(keyOf)} />
            )}
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 ? <SpaceRow height={before} span={columnCount} /> : null}
          {indexes.map((index) => {
            const row = shown[index];
            if (row === undefined) return null;
            const key = keyOf(row);
            return (
              <BodyRow
                key={key}
                row={row}
                rowKey={key}
                index={index}
                columns={columns}
                selection={selection}
              />
            );
          })}
          {after > 0 ? <SpaceRow height={after} span={columnCount} /> : null}
        </tbody>
      </table>
    </section>
  );
}

/** Stands for the rows out of view. */
function SpaceRow({ height, span }: { height: number; span: number }) {
  return (
    <tr>
      <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}
