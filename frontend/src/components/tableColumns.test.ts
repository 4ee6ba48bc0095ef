import { describe, expect, it } from "vitest";
import { nextSort, sortRows, templateOf } from "@/components/tableColumns";

interface Row {
  name: string;
  price?: bigint;
}
const COLUMNS = [
  { key: "name", sortBy: (row: Row) => row.name },
  { key: "price", sortBy: (row: Row) => row.price },
];
const ROWS: Row[] = [{ name: "B10", price: 2n }, { name: "B9" }, { name: "A", price: 3n }];

function names(key: string, isDescending: boolean): string {
  const sorted = sortRows<Row, Row>(ROWS, COLUMNS, { key, isDescending });
  return sorted.map((row) => row.name).join(" ");
}

describe("sorting", () => {
  it("puts what is not known last, either way", () => {
    expect(names("price", false)).toBe("B10 A B9");
    expect(names("price", true)).toBe("A B10 B9");
  });

  it("reads the numbers in words", () => {
    expect(names("name", false)).toBe("A B9 B10");
  });

  it("leaves rows as they are for a column that has no order", () => {
    expect(names("other", true)).toBe("B10 B9 A");
    expect(sortRows<Row, Row>(ROWS, COLUMNS, null)).toBe(ROWS);
  });

  it("begins with the largest number, and with A; a second press turns it", () => {
    expect(nextSort({ key: "price", align: "end" }, null).isDescending).toBe(true);
    const byName = nextSort({ key: "name" }, null);
    expect(byName).toEqual({ key: "name", isDescending: false });
    expect(nextSort({ key: "name" }, byName).isDescending).toBe(true);
  });
});

describe("widths", () => {
  it("are fixed where each column has one", () => {
    expect(templateOf([{ width: "30px" }, { width: "1fr" }], false)).toEqual({
      template: "30px 1fr",
      isFixed: true,
    });
    const fitted = templateOf([{ width: "30px" }, {}], true);
    expect(fitted).toEqual({ template: "var(--check-width) 30px auto", isFixed: false });
  });
});
