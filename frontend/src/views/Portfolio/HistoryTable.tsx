import { type ReactNode, useRef } from "react";
import { Button } from "@/components/Button";
import { ExportButton } from "@/components/ExportButton";
import { Skeleton } from "@/components/Panel";
import { type Column, Table } from "@/components/Table";
import type { Loadable, Pages } from "@/data";
import styles from "./Portfolio.module.css";

/** A table with its file; its rows may come in pages. */
export function HistoryTable<Row>({
  name,
  label,
  message,
  columns,
  rows,
  keyOf,
  empty,
  pages,
  actions,
}: {
  /** What its file is called. */
  name: string;
  label: string;
  message: string;
  columns: readonly Column<Row>[];
  rows: Loadable<readonly Row[]>;
  keyOf: (row: Row) => string;
  empty: ReactNode;
  pages?: Pick<Pages<Row>, "more" | "again">;
  actions?: ReactNode;
}) {
  const { data = [], status } = rows;
  const shown = useRef<readonly Row[]>(data);
  return (
    <div className={styles.tableBox} data-message={message}>
      <div className={styles.tools}>
        {actions}
        {rows.status === "error" ? (
          <span role="alert" className={styles.fault}>
            {rows.error.reason}: {rows.error.message}
          </span>
        ) : null}
        {rows.status === "error" && pages !== undefined ? (
          <Button size="small" onClick={pages.again}>
            Try again
          </Button>
        ) : null}
        {pages?.more === undefined ? null : (
          <Button size="small" variant="ghost" onClick={pages.more}>
            Load older
          </Button>
        )}
        <ExportButton name={name} columns={columns} rows={data} shownRows={shown} />
      </div>
      {data.length === 0 && status === "pending" ? (
        <Skeleton />
      ) : (
        <Table
          label={label}
          columns={columns}
          rows={data}
          shownRows={shown}
          keyOf={keyOf}
          empty={status === "error" ? "" : empty}
        />
      )}
    </div>
  );
}
