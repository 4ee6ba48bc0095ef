// Tables as files: RFC 4180 (commas, CRLF, doubled quotes), and safe to open in a spreadsheet. A text
// that a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers.

/** A column of a file. Numbers are decimal text as of `plainDecimal`; they are never guarded. */
export interface CsvColumn<Row> {
  header: string;
  kind: "text" | "number";
  value: (row: Row) => string;
}

const FORMULA_START = /^[\s]*[=+\-@]|^[\t\r\n]/;
const NUMBER = /^-?\d+(\.\d+)?$/;
const NEEDS_QUOTES = /[",\r\n]/;

function field(text: string, kind: "text" | "number"): string {
  const isGuarded = !(kind === "number" && NUMBER.test(text)) && FORMULA_START.test(text);
  const guarded = isGuarded ? `'${text}` : text;
  return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function toCsv<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map((column) => field(column.header, "text")).join(",")];
  for (const row of rows) {
    lines.push(columns.map((column) => field(column.value(row), column.kind)).join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

/** Nanoseconds since 1970 as ISO 8601 in UTC, to the microsecond; empty for 0. */
export function isoTime(timeNs: bigint): string {
  if (timeNs <= 0n) return "";
  const iso = new Date(Number(timeNs / 1_000_000n)).toISOString();
  const micros = ((timeNs / 1_000n) % 1_000n).toString().padStart(3, "0");
  return iso.replace("Z", `${micros}Z`);
}

/** "fills-2026-03-01T12-00-00Z.csv": a name that every system takes. */
export function csvFileName(table: string, timeNs: bigint): string {
  const stamp = isoTime(timeNs).slice(0, 19).replaceAll(":", "-");
  return `${table.replace(/[^A-Za-z0-9._-]/g, "-")}-${stamp}Z.csv`;
}
