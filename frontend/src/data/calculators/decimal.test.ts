import { describe, expect, test } from "vitest";
import {
  amountOf,
  ceilDivide,
  floorDivide,
  formatDecimal,
  formatExactMoney,
  formatMoney,
  formatPercent,
  formatPrice,
  formatProbability,
  formatQuantity,
  parseDecimal,
  parseMoney,
  parsePrice,
  parseQuantity,
  plainDecimal,
  priceDigits,
  roundDivide,
} from "./decimal";

describe("division", () => {
  test.each([
    [7n, 2n, 3n, 4n, 4n],
    [-7n, 2n, -4n, -3n, -4n],
    [6n, 2n, 3n, 3n, 3n],
    [-6n, 2n, -3n, -3n, -3n],
    [1n, 3n, 0n, 1n, 0n],
    [-1n, 3n, -1n, 0n, 0n],
    [0n, 5n, 0n, 0n, 0n],
  ])("%s / %s is floored, ceiled and rounded", (value, divisor, floor, ceil, round) => {
    expect(floorDivide(value, divisor)).toBe(floor);
    expect(ceilDivide(value, divisor)).toBe(ceil);
    expect(roundDivide(value, divisor)).toBe(round);
  });
});

describe("formatting", () => {
  test.each([
    [520_000n, "0.52"],
    [525_000n, "0.525"],
    [522_500n, "0.5225"],
    [10_000n, "0.01"],
    [0n, "0.00"],
    [1_000_000n, "1.00"],
  ])("the price of %s micro-dollars is %s", (micros, text) => {
    expect(formatPrice(micros)).toBe(text);
  });

  test("prices of a grid are aligned by its finest step", () => {
    expect(priceDigits([{ stepMicros: 10_000n }])).toBe(2);
    expect(priceDigits([{ stepMicros: 1_000n }, { stepMicros: 10_000n }])).toBe(3);
    expect(priceDigits([{ stepMicros: 5_000n }])).toBe(3);
    expect(priceDigits([{ stepMicros: 100n }, { stepMicros: 1_000n }])).toBe(4);
    expect(formatPrice(520_000n, 4)).toBe("0.5200");
  });

  test.each([
    [0n, "$0.00"],
    [5_000n, "$0.01"],
    [4_999n, "$0.00"],
    [-5_000n, "\u2212$0.01"],
    [-4_999n, "$0.00"],
    [1_234_567_890_000n, "$1,234,567.89"],
    [999_999_995_000n, "$1,000,000.00"],
  ])("money of %s micro-dollars is %s to the cent", (micros, text) => {
    expect(formatMoney(micros)).toBe(text);
  });

  test("a gain is marked by its sign too, nothing is not", () => {
    expect(formatMoney(10_000n, true)).toBe("+$0.01");
    expect(formatMoney(0n, true)).toBe("$0.00");
  });

  test("fees are shown to the micro-dollar", () => {
    expect(formatExactMoney(17_500n)).toBe("$0.0175");
    expect(formatExactMoney(693n)).toBe("$0.000693");
    expect(formatExactMoney(-1_036_500n)).toBe("\u2212$1.0365");
  });

  test.each([
    [100n, "1"],
    [125_000n, "1,250"],
    [50n, "0.5"],
    [1n, "0.01"],
    [-1_225n, "\u221212.25"],
    [100_000_000n, "1,000,000"],
  ])("%s hundredths are %s contracts", (centis, text) => {
    expect(formatQuantity(centis)).toBe(text);
  });

  test("shares and probabilities", () => {
    expect(formatPercent(123_456n)).toBe("12.3%");
    expect(formatPercent(-5_000n, 1, true)).toBe("\u22120.5%");
    expect(formatProbability(525_000n)).toBe("52.5%");
    expect(formatProbability(520_000n)).toBe("52%");
  });

  test("numbers beyond 2^53 keep every digit", () => {
    expect(formatExactMoney(9_007_199_254_740_993n)).toBe("$9,007,199,254.740993");
    expect(plainDecimal(-9_007_199_254_740_993n, 6)).toBe("-9007199254.740993");
  });

  test("fewer digits than the minimum are filled up", () => {
    expect(formatDecimal(5n, 0, { minimumDigits: 2, maximumDigits: 2 })).toBe("5.00");
  });
});

describe("what people type", () => {
  test.each([
    ["0.52", 520_000n],
    [".52", 520_000n],
    ["$0.52", 520_000n],
    ["52", 520_000n],
    ["52c", 520_000n],
    ["52\u00a2", 520_000n],
    ["52.5", 525_000n],
    ["0.5c", 5_000n],
    ["1", 10_000n],
    ["99.99", 999_900n],
    [" 0.0001 ", 100n],
  ])("%s is a price of %s micro-dollars", (text, micros) => {
    expect(parsePrice(text)).toEqual({ ok: true, value: micros });
  });

  test.each(["", "abc", "0", "100", "$1", "-5", "1e2", "0.00001", "99.999", "$5c", ".", "1,2"])(
    "%s is no price",
    (text) => {
      expect(parsePrice(text).ok).toBe(false);
    },
  );

  test.each([
    ["10", 1_000n],
    ["1,250", 125_000n],
    ["0.5", 50n],
    [".01", 1n],
    ["7.", 700n],
    ["1000000", 100_000_000n],
  ])("%s is a count of %s hundredths", (text, centis) => {
    expect(parseQuantity(text)).toEqual({ ok: true, value: centis });
  });

  test.each(["0", "0.001", "-1", "ten", "1.2.3", "12,34", "9999999999999"])(
    "%s is no count",
    (text) => {
      expect(parseQuantity(text).ok).toBe(false);
    },
  );

  test("a reason names the field and the limit", () => {
    expect(parseQuantity("1.234")).toEqual({
      ok: false,
      reason: "Count has more than 2 digits behind the point",
    });
    expect(parsePrice("")).toEqual({ ok: false, reason: "Price is missing" });
    expect(parseMoney("$1,000.50")).toEqual({ ok: true, value: 1_000_500_000n });
  });

  test("formatted decimals are read back", () => {
    for (let value = 1n; value < 10n ** 12n; value = value * 7n + 3n) {
      const text = formatDecimal(value, 6, {
        minimumDigits: 0,
        maximumDigits: 6,
        isGrouped: true,
      });
      expect(parseDecimal(text, 6, "Value")).toEqual({ ok: true, value });
    }
  });
});

test("price times quantity is exact", () => {
  expect(amountOf(520_000n, 100n)).toBe(520_000n);
  expect(amountOf(100n, 1n)).toBe(1n);
  expect(amountOf(999_900n, 33n)).toBe(329_967n);
});
