import styles from "@/components/Table.module.css";
import { type Column, nextSort, type Sort } from "@/components/tableColumns";

/** Keys of rows that are chosen. */
export interface Selection {
  readonly keys: ReadonlySet<string>;
  readonly onChange: (keys: ReadonlySet<string>) => void;
  /** What a row is called for those who do not see it: "order A". */
  readonly labelOf: (key: string) => string;
}

interface TableHeadProps<Row, Shown> {
  columns: readonly Column<Row, Shown>[];
  template: string | undefined;
  sort: Sort | null;
  onSort: ((sort: Sort) => void) | undefined;
  selection: Selection | undefined;
  /** Of all rows, for the box that chooses them. */
  keys: () => readonly string[];
  rowCount: number;
}

/** The heads of the columns: a press sorts. */
export function TableHead<Row, Shown>(props: TableHeadProps<Row, Shown>) {
  const { columns, template, sort, onSort, selection, keys, rowCount } = props;
  return (
    <div
      role="row"
      aria-rowindex={1}
      className={`${styles.row} ${styles.head}`}
      style={template === undefined ? undefined : { gridTemplateColumns: template }}
    >
      {selection !== undefined && (
        <SelectAll selection={selection} keys={keys} rowCount={rowCount} />
      )}
      {columns.map((column) => (
        <HeadCell key={column.key} column={column} sort={sort} onSort={onSort} />
      ))}
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
  const isDescending = sort?.isDescending === true;
  const words = column.head ?? column.header;
  return (
    <div
      role="columnheader"
      className={styles.cell}
      data-align={column.align ?? "start"}
      aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}
    >
      {column.sortBy === undefined || onSort === undefined ? (
        words
      ) : (
        <button
          type="button"
          className={styles.sort}
          onClick={() => onSort(nextSort(column, sort))}
        >
          {words}
          <span aria-hidden="true" className={styles.arrow}>
            {isSorted ? (isDescending ? "\u25be" : "\u25b4") : ""}
          </span>
        </button>
      )}
    </div>
  );
}

function SelectAll({
  selection,
  keys,
  rowCount,
}: {
  selection: Selection;
  keys: () => readonly string[];
  rowCount: number;
}) {
  const count = selection.keys.size;
  const isAll = rowCount > 0 && count >= rowCount;
  return (
    <div role="columnheader" className={styles.check}>
      <input
        type="checkbox"
        aria-label="Select all rows"
        checked={isAll}
        ref={(input) => {
          if (input !== null) input.indeterminate = count > 0 && !isAll;
        }}
        onChange={() => selection.onChange(isAll ? new Set() : new Set(keys()))}
      />
    </div>
  );
}
