import type { RefObject } from "react";
import { Button } from "@/components/Button";
import type { Column } from "@/components/tableColumns";
import { csvFileName, toCsv } from "@/data";

interface ExportButtonProps<Row> {
  /** What the file is called: "fills". */
  name: string;
  columns: readonly Pick<Column<Row, never>, "header" | "csv">[];
  /** The rows of the moment. */
  rows: readonly Row[];
  /** The same in the order in which their table shows them. */
  shownRows?: RefObject<readonly Row[]>;
}

function download(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}

/** The rows of a table as a CSV file, as they are sorted, with every column that has a value for it. */
export function ExportButton<Row>({ name, columns, rows, shownRows }: ExportButtonProps<Row>) {
  const save = () => {
    const fields = columns.flatMap(({ header, csv }) =>
      csv === undefined ? [] : [{ header, ...csv }],
    );
    download(
      csvFileName(name, BigInt(Date.now()) * 1_000_000n),
      toCsv(fields, shownRows?.current ?? rows),
    );
  };
  return (
    <Button
      size="small"
      variant="ghost"
      disabled={rows.length === 0}
      title={`The ${rows.length} rows that are loaded, as a file`}
      onClick={save}
    >
      CSV
    </Button>
  );
}
