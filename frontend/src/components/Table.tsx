// A table of any length: only the rows in sight are drawn. Columns are fixed, so that nothing moves
// when numbers change, and a row can listen to its own data alone (`useRow`).

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { classes } from "@/components/classes";
import { stableOrder } from "@/components/stableOrder";
import { useToken } from "@/components/useToken";
import styles from "./Table.module.css";

export interface Column<Row, Shown = Row> {
  readonly key: string;
  readonly title: string;
  /** As of `grid-template-columns`: "72px", "minmax(120px, 1fr)". */
  readonly width: string;
  /** "number": to the right. */
  readonly align?: "text" | "number" | "center";
  readonly render: (shown: Shown, row: Row) => ReactNode;
  /** Smaller first; not set: the table cannot be sorted by it. */
  readonly compare?: (a: Row, b: Row) => number;
  /** What stands in the head instead of the title. */
  readonly head?: ReactNode;
}

export interface Sort {
  readonly key: string;
  readonly isDescending: boolean;
}

export interface TableProps<Row, Shown = Row> {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  columns: readonly Column<Row, Shown>[];
  /** What a row shows, by a hook of its own; always the same function. */
  useRow?: (row: Row) => Shown;
  sort?: Sort | null;
  /** Columns by which it can be sorted without showing them; not set: those that it shows. */
  sortColumns?: readonly Column<Row, Shown>[];
  onSort?: (sort: Sort) => void;
  /** Sorted again so often while values change, in milliseconds; 0: only with new rows. */
  resortMs?: number;
  /** Enter or a click on a row. */
  onOpen?: (row: Row) => void;
  isMarked?: (row: Row) => boolean;
  /** A row that stands for those behind it: drawn by this over the whole width. */
  renderGroup?: (row: Row) => ReactNode | null;
  /** The smallest width in pixels; narrower, it scrolls. */
  minWidth?: number;
  /** Instead of rows, when there are none. */
  empty?: ReactNode;
}

interface RowProps<Row, Shown> {
  row: Row;
  index: number;
  top: number;
  template: string;
  columns: readonly Column<Row, Shown>[];
  useRow: (row: Row) => Shown;
  isCurrent: boolean;
  isMarked: boolean;
  onOpen: ((row: Row) => void) | undefined;
  group: ReactNode | null;
}

function TableRowInner<Row, Shown>(props: RowProps<Row, Shown>) {
  const { row, index, top, template, columns, useRow, isCurrent, isMarked, onOpen, group } = props;
  const shown = useRow(row);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isMarked || undefined}
      tabIndex={isCurrent ? 0 : -1}
      data-index={index}
      className={classes(
        styles.row,
        onOpen !== undefined && group === null && styles.open,
        isMarked && styles.marked,
        group !== null && styles.group,
      )}
      style={{ top, gridTemplateColumns: template }}
      onClick={group === null && onOpen !== undefined ? () => onOpen(row) : undefined}
    >
      {group !== null ? (
        <div role="gridcell" aria-colspan={columns.length} className={styles.groupCell}>
          {group}
        </div>
      ) : (
        columns.map((column) => (
          <div
            key={column.key}
            role="gridcell"
            className={classes(styles.cell, styles[column.align ?? "text"])}
          >
            {column.render(shown, row)}
          </div>
        ))
      )}
    </div>
  );
}
const TableRow = memo(TableRowInner) as typeof TableRowInner;

const itself = <T,>(row: T) => row;
const OVERSCAN = 8;

/** Rows in the order of `sort`, which stands still while `isHeld`. */
function useOrder<Row, Shown>(props: TableProps<Row, Shown>, isHeld: boolean): readonly Row[] {
  const { rows, rowKey, sort = null, resortMs = 0 } = props;
  const columns = props.sortColumns ?? props.columns;
  const [round, setRound] = useState(0);
  const shown = useRef<{ sort: string; order: readonly string[] }>({ sort: "", order: [] });
  useEffect(() => {
    if (resortMs === 0) return;
    const timer = setInterval(() => setRound((count) => count + 1), resortMs);
    return () => clearInterval(timer);
  }, [resortMs]);

  // biome-ignore lint/correctness/useExhaustiveDependencies(round): values have changed since.
  return useMemo(() => {
    const byKey = new Map(rows.map((row) => [rowKey(row), row]));
    const compare = columns.find((column) => column.key === sort?.key)?.compare;
    let sorted = [...rows];
    if (compare !== undefined) {
      const direction = sort?.isDescending === true ? -1 : 1;
      sorted = sorted.sort((a, b) => direction * compare(a, b));
    }
    const name = `${sort?.key ?? ""}/${String(sort?.isDescending)}`;
    // A new wish is obeyed at once, wherever the pointer is.
    const keeps = isHeld && shown.current.sort === name;
    shown.current = {
      sort: name,
      order: stableOrder(shown.current.order, sorted.map(rowKey), keeps),
    };
    return shown.current.order.flatMap((key) => byKey.get(key) ?? []);
  }, [rows, rowKey, columns, sort?.key, sort?.isDescending, isHeld, round]);
}

export function Table<Row, Shown = Row>(props: TableProps<Row, Shown>) {
  const { label, rowKey, columns, sort = null, onSort, onOpen, minWidth = 0 } = props;
  const useRow = props.useRow ?? (itself as unknown as (row: Row) => Shown);
  const scroller = useRef<HTMLDivElement>(null);
  const [isHeld, setIsHeld] = useState(false);
  const [current, setCurrent] = useState(0);
  const rowHeight = useToken("--row-height");
  const order = useOrder(props, isHeld);
  const template = columns.map((column) => column.width).join(" ");

  const virtualizer = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    getItemKey: (index) => {
      const row = order[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies(rowHeight): every row has a new size.
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  const go = (index: number) => {
    const next = Math.min(order.length - 1, Math.max(0, index));
    setCurrent(next);
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
    });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const target = event.target as HTMLElement;
    const at = Number(target.dataset.index ?? -1);
    if (target.getAttribute("role") !== "row" || at < 0) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: order.length - 1,
    };
    const next = moves[event.key];
    const row = order[at];
    if (next !== undefined) {
      event.preventDefault();
      go(next);
    } else if (event.key === "Enter" && row !== undefined && onOpen !== undefined) {
      event.preventDefault();
      onOpen(row);
    }
  };

  const items = virtualizer.getVirtualItems();
  const reachable = items.some((item) => item.index === current) ? current : items[0]?.index;
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      onPointerEnter={(event) => event.pointerType === "mouse" && setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
    >
      <div
        role="grid"
        tabIndex={-1}
        aria-label={label}
        aria-rowcount={order.length + 1}
        className={styles.table}
        style={{ minWidth }}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          const index = (event.target as HTMLElement).dataset.index;
          if (index !== undefined) setCurrent(Number(index));
        }}
      >
        <div
          role="row"
          aria-rowindex={1}
          className={classes(styles.row, styles.head)}
          style={{ gridTemplateColumns: template }}
        >
          {columns.map((column) => (
            <HeadCell key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = order[item.index];
            if (row === undefined) return null;
            return (
              <TableRow
                key={item.key}
                row={row}
                index={item.index}
                top={item.start}
                template={template}
                columns={columns}
                useRow={useRow}
                isCurrent={item.index === reachable}
                isMarked={props.isMarked?.(row) ?? false}
                onOpen={onOpen}
                group={props.renderGroup?.(row) ?? null}
              />
            );
          })}
        </div>
      </div>
      {order.length === 0 && <div className={styles.empty}>{props.empty ?? "Nothing here."}</div>}
    </div>
  );
}

function HeadCell<Row, Shown>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row, Shown>;
  sort: Sort | null;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const isSorted = sort?.key === column.key;
  const isSortable = column.compare !== undefined && onSort !== undefined;
  const direction = sort?.isDescending === true ? "descending" : "ascending";
  const next = { key: column.key, isDescending: isSorted ? sort?.isDescending !== true : true };
  return (
    <div
      role="columnheader"
      className={classes(styles.cell, styles[column.align ?? "text"])}
      aria-sort={isSorted ? direction : undefined}
    >
      {isSortable ? (
        <button type="button" className={styles.sort} onClick={() => onSort(next)}>
          {column.head ?? column.title}
          <span aria-hidden="true" className={styles.arrow}>
            {isSorted ? (sort?.isDescending === true ? "▾" : "▴") : ""}
          </span>
        </button>
      ) : (
        (column.head ?? column.title)
      )}
    </div>
  );
}
