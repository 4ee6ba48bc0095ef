// The table of every list: of very many rows only those in sight are drawn, the order stands still
// under the pointer, and a row can listen to its own data alone (`useRow`). Rows that can be opened
// make it a grid that is walked by arrow keys; else it is a plain table for screen readers.

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { classes } from "@/components/classes";
import { type Selection, TableHead } from "@/components/TableHead";
import { TableRow } from "@/components/TableRow";
import { type Column, type Sort, templateOf } from "@/components/tableColumns";
import { useRowOrder } from "@/components/useRowOrder";
import { useToken } from "@/components/useToken";
import styles from "./Table.module.css";

export type { Selection } from "@/components/TableHead";
export type { Column, Sort } from "@/components/tableColumns";

export interface TableProps<Row, Shown = Row> {
  /** Name of the table for those who do not see it. */
  label: string;
  rows: readonly Row[];
  /** Always the same function where there are many rows. */
  keyOf: (row: Row) => string;
  columns: readonly Column<Row, Shown>[];
  /** What a row shows, by a hook of its own; always the same function. */
  useRow?: (row: Row) => Shown;
  /** Not set: the table keeps its sort itself, from `initialSort` on. */
  sort?: Sort | null;
  /** With `sort`: who keeps it; without: who wants to know. */
  onSort?: (sort: Sort) => void;
  initialSort?: Sort;
  /** Columns by which it can be sorted without showing them; not set: those that it shows. */
  sortColumns?: readonly Column<Row, Shown>[];
  resortMs?: number;
  /** Enter or a click on a row. */
  onOpen?: (row: Row) => void;
  isMarked?: (row: Row) => boolean;
  /** Boxes before the rows. */
  selection?: Selection;
  /** A row that stands for those behind it: drawn by this over the whole width. */
  renderGroup?: (row: Row) => ReactNode | null;
  /** Is told the rows in their order, for who makes a file of them. */
  shownRows?: RefObject<readonly Row[]>;
  /** The smallest width in pixels; narrower, it scrolls. */
  minWidth?: number;
  /** Instead of rows, when there are none. */
  empty?: ReactNode;
}

const itself = <T,>(row: T) => row;
/** So many rows are drawn as they are; of more only those in sight. */
const PLAIN_ROWS_MAX = 60;
/** Above and below those in sight, while it is scrolled. */
const OVERSCAN = 8;
/** Narrower, secondary columns are left out. */
const TIGHT_WIDTH = 560;

/** Rows of the screen, and the height of what is above and below them. */
function useRowsInSight(count: number, scroller: RefObject<HTMLElement | null>, rowHeight: number) {
  const isVirtual = count > PLAIN_ROWS_MAX;
  const isScrolling = useRef(false);
  const virtualizer = useVirtualizer({
    count: isVirtual ? count : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    // The head is as high as a row: it is before them, and sticks over them.
    scrollMargin: rowHeight,
    scrollPaddingStart: rowHeight,
    // At rest none: what changes out of sight is work for nobody, and has the browser draw in vain.
    overscan: isScrolling.current ? OVERSCAN : 0,
    onChange: (instance) => {
      isScrolling.current = instance.isScrolling;
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies(rowHeight): every row has a new size.
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const inSight = virtualizer.getVirtualItems();
  if (!isVirtual) {
    return { indexes: Array.from({ length: count }, (_, i) => i), above: 0, below: 0 };
  }
  const above = (inSight[0]?.start ?? rowHeight) - rowHeight;
  const end = (inSight.at(-1)?.end ?? rowHeight) - rowHeight;
  return {
    indexes: inSight.map((item) => item.index),
    above,
    below: Math.max(0, virtualizer.getTotalSize() - end),
    scrollTo: (index: number) => virtualizer.scrollToIndex(index),
  };
}

/** Whether the table is too narrow for its secondary columns. */
function useIsTight(scroller: RefObject<HTMLElement | null>): boolean {
  const [isTight, setIsTight] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = () => setIsTight(element.clientWidth > 0 && element.clientWidth <= TIGHT_WIDTH);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);
  return isTight;
}

export function Table<Row, Shown = Row>(props: TableProps<Row, Shown>) {
  const { label, rows, keyOf, onOpen, selection, minWidth, renderGroup } = props;
  const useRow = props.useRow ?? (itself as unknown as (row: Row) => Shown);
  const scroller = useRef<HTMLElement>(null);
  const isTight = useIsTight(scroller);
  const columns = useMemo(
    () => (isTight ? props.columns.filter((column) => !column.isSecondary) : props.columns),
    [props.columns, isTight],
  );
  const [ownSort, setOwnSort] = useState(props.initialSort ?? null);
  const sort = props.sort === undefined ? ownSort : props.sort;
  const onSort = props.sort === undefined ? setOwnSort : props.onSort;
  const [isHeld, setIsHeld] = useState(false);
  const order = useRowOrder({
    rows,
    keyOf,
    columns: props.sortColumns ?? props.columns,
    sort,
    resortMs: props.resortMs ?? 0,
    isHeld,
  });
  if (props.shownRows !== undefined) props.shownRows.current = order;
  const hasBoxes = selection !== undefined;
  const { template, isFixed } = useMemo(() => templateOf(columns, hasBoxes), [columns, hasBoxes]);
  const rowTemplate = isFixed ? template : undefined;
  const rowHeight = useToken("--row-height");
  const { indexes, above, below, scrollTo } = useRowsInSight(order.length, scroller, rowHeight);
  const walk = useWalk(order, scroller, rowHeight, scrollTo, onOpen);
  const isGrid = onOpen !== undefined;
  const reachable = indexes.includes(walk.current) ? walk.current : indexes[0];
  const onToggle = useToggle(selection);

  return (
    <section
      ref={scroller}
      className={styles.scroller}
      // What scrolls is reached by the keyboard: here, or by its rows.
      {...(isGrid ? {} : { tabIndex: 0, "aria-label": label })}
      onPointerEnter={(event) => event.pointerType === "mouse" && setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
    >
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: a grid and a table have it. */}
      <div
        role={isGrid ? "grid" : "table"}
        tabIndex={isGrid ? -1 : undefined}
        aria-label={label}
        aria-rowcount={order.length + 1}
        className={classes(styles.table, isFixed ? styles.fixed : styles.fitted)}
        style={{ minWidth, gridTemplateColumns: isFixed ? undefined : template }}
        {...(isGrid ? { onKeyDown: walk.onKeyDown, onFocus: walk.onFocus } : {})}
      >
        <TableHead
          columns={columns}
          template={rowTemplate}
          sort={sort}
          onSort={onSort}
          selection={selection}
          keys={() => order.map(keyOf)}
          rowCount={order.length}
        />
        <div role="rowgroup" className={styles.body}>
          {above > 0 && <div className={styles.space} style={{ height: above }} />}
          {indexes.map((index) => {
            const row = order[index];
            if (row === undefined) return null;
            const rowKey = keyOf(row);
            return (
              <TableRow
                key={rowKey}
                row={row}
                rowKey={rowKey}
                index={index}
                columns={columns}
                template={rowTemplate}
                useRow={useRow}
                isGrid={isGrid}
                isCurrent={index === reachable}
                isMarked={selection?.keys.has(rowKey) ?? props.isMarked?.(row) ?? false}
                onOpen={onOpen}
                checkLabel={selection && `Select ${selection.labelOf(rowKey)}`}
                onToggle={onToggle}
                group={renderGroup?.(row) ?? null}
              />
            );
          })}
          {below > 0 && <div className={styles.space} style={{ height: below }} />}
        </div>
      </div>
      {order.length === 0 && <div className={styles.empty}>{props.empty ?? "Nothing here."}</div>}
    </section>
  );
}

/** Takes a row into the selection or out of it; always the same function. */
function useToggle(selection: Selection | undefined): (rowKey: string) => void {
  const latest = useRef(selection);
  latest.current = selection;
  return useCallback((rowKey: string) => {
    if (latest.current === undefined) return;
    const keys = new Set(latest.current.keys);
    if (!keys.delete(rowKey)) keys.add(rowKey);
    latest.current.onChange(keys);
  }, []);
}

/** Arrow keys move from row to row, Enter opens one. */
function useWalk<Row>(
  order: readonly Row[],
  scroller: RefObject<HTMLElement | null>,
  rowHeight: number,
  scrollTo: ((index: number) => void) | undefined,
  onOpen: ((row: Row) => void) | undefined,
) {
  const [current, setCurrent] = useState(0);
  const go = (index: number) => {
    const next = Math.min(order.length - 1, Math.max(0, index));
    setCurrent(next);
    scrollTo?.(next);
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
  const onFocus = (event: { target: EventTarget }) => {
    const index = (event.target as HTMLElement).dataset.index;
    if (index !== undefined) setCurrent(Number(index));
  };
  return { current, onKeyDown, onFocus };
}
