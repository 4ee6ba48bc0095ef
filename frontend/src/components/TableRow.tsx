import { memo, type ReactNode } from "react";
import { classes } from "@/components/classes";
import styles from "@/components/Table.module.css";
import type { Column } from "@/components/tableColumns";

export interface TableRowProps<Row, Shown> {
  row: Row;
  rowKey: string;
  index: number;
  columns: readonly Column<Row, Shown>[];
  /** Of the columns, where each row has its own grid; not set: that of the table. */
  template: string | undefined;
  useRow: (row: Row) => Shown;
  /** Rows can be walked and opened by keys. */
  isGrid: boolean;
  /** It is the one that Tab reaches. */
  isCurrent: boolean;
  isMarked: boolean;
  onOpen: ((row: Row) => void) | undefined;
  /** What its box is called; not set: it has none. */
  checkLabel: string | undefined;
  onToggle: (rowKey: string) => void;
  /** Drawn over the whole width instead of cells. */
  group: ReactNode;
}

function TableRowInner<Row, Shown>(props: TableRowProps<Row, Shown>) {
  const { row, rowKey, index, columns, useRow, isGrid, isMarked, onOpen, checkLabel, group } =
    props;
  const shown = useRow(row);
  const cellRole = isGrid ? "gridcell" : "cell";
  const isGroup = group !== null;
  const canOpen = onOpen !== undefined && !isGroup;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isGrid && isMarked ? true : undefined}
      tabIndex={isGrid ? (props.isCurrent ? 0 : -1) : undefined}
      data-index={index}
      className={classes(
        styles.row,
        canOpen && styles.open,
        isMarked && styles.marked,
        isGroup && styles.group,
      )}
      style={props.template === undefined ? undefined : { gridTemplateColumns: props.template }}
      onClick={canOpen ? () => onOpen(row) : undefined}
    >
      {isGroup ? (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both kinds of cell have it.
        <div role={cellRole} aria-colspan={columns.length} className={styles.groupCell}>
          {group}
        </div>
      ) : (
        <>
          {checkLabel !== undefined && (
            <div role={cellRole} className={styles.check}>
              <input
                type="checkbox"
                aria-label={checkLabel}
                checked={isMarked}
                onChange={() => props.onToggle(rowKey)}
              />
            </div>
          )}
          {columns.map((column) => (
            <div
              key={column.key}
              role={cellRole}
              className={styles.cell}
              data-align={column.align ?? "start"}
            >
              {column.cell(row, shown)}
            </div>
          ))}
        </>
      )}
    </div>
  );
}

/** One row; drawn anew when it, or what `useRow` tells of it, is another. */
export const TableRow = memo(TableRowInner) as typeof TableRowInner;
