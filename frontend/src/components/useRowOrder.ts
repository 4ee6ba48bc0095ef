import { useEffect, useMemo, useRef, useState } from "react";
import { stableOrder } from "@/components/stableOrder";
import { type Column, type Sort, sortRows } from "@/components/tableColumns";

interface RowOrderOptions<Row, Shown> {
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  columns: readonly Column<Row, Shown>[];
  sort: Sort | null;
  /** Sorted again so often while values change, in milliseconds; 0: only with new rows. */
  resortMs: number;
  /** The order stands still: somebody points at a row. */
  isHeld: boolean;
}

/** Rows in the order of `sort`, which does not change under the pointer. */
export function useRowOrder<Row, Shown>(options: RowOrderOptions<Row, Shown>): readonly Row[] {
  const { rows, keyOf, columns, sort, resortMs, isHeld } = options;
  const [round, setRound] = useState(0);
  const shown = useRef<{ sort: string; order: readonly string[] }>({ sort: "", order: [] });
  useEffect(() => {
    if (resortMs === 0) return;
    const timer = setInterval(() => setRound((count) => count + 1), resortMs);
    return () => clearInterval(timer);
  }, [resortMs]);

  const key = sort?.key ?? "";
  const isDescending = sort?.isDescending === true;
  // biome-ignore lint/correctness/useExhaustiveDependencies(round): values have changed since.
  return useMemo(() => {
    const byKey = new Map(rows.map((row) => [keyOf(row), row]));
    const sorted = sortRows(rows, columns, key === "" ? null : { key, isDescending });
    const name = `${key}/${isDescending}`;
    // A new wish is obeyed at once, wherever the pointer is.
    const keeps = isHeld && shown.current.sort === name;
    shown.current = {
      sort: name,
      order: stableOrder(shown.current.order, sorted.map(keyOf), keeps),
    };
    return shown.current.order.flatMap((rowKey) => byKey.get(rowKey) ?? []);
  }, [rows, keyOf, columns, key, isDescending, isHeld, round]);
}
