import { describe, expect, test } from "vitest";
import { type CsvColumn, csvFileName, isoTime, toCsv } from "./csv";

const COLUMNS: CsvColumn<{ name: string; amount: string }>[] = [
  { header: "name", kind: "text", value: (row) => row.name },
  { header: "amount", kind: "number", value: (row) => row.amount },
];

function line(name: string, amount = "1"): string {
  return toCsv(COLUMNS, [{ name, amount }]).split("\r\n")[1] ?? "";
}

describe("CSV", () => {
  test("lines end with CRLF, the last one too", () => {
    expect(toCsv(COLUMNS, [{ name: "A", amount: "1.5" }])).toBe("name,amount\r\nA,1.5\r\n");
    expect(toCsv(COLUMNS, [])).toBe("name,amount\r\n");
  });

  test("quotes, commas and line ends are quoted", () => {
    expect(line('say "hi"')).toBe('"say ""hi""",1');
    expect(line("a,b")).toBe('"a,b",1');
    expect(toCsv(COLUMNS, [{ name: "a\nb", amount: "1" }])).toContain('"a\nb",1');
  });

  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "-2+3"])(
    "%j is no formula in a text column",
    (text) => {
      expect(line(text).replaceAll('"', "").startsWith("'")).toBe(true);
    },
  );

  test("numbers below zero stay numbers, and only numbers do", () => {
    expect(line("A", "-1.25")).toBe("A,-1.25");
    expect(line("A", "-1+cmd")).toBe("A,'-1+cmd");
  });

  test("tickers with a hyphen inside are left alone", () => {
    expect(line("KXBTC-26MAR01-T100")).toBe("KXBTC-26MAR01-T100,1");
  });
});

test("times are ISO 8601 to the microsecond", () => {
  expect(isoTime(1_700_000_000_123_456_789n)).toBe("2023-11-14T22:13:20.123456Z");
  expect(isoTime(0n)).toBe("");
  expect(csvFileName("open orders", 1_700_000_000_123_456_789n)).toBe(
    "open-orders-2023-11-14T22-13-20Z.csv",
  );
});
