import { expect, test } from "vitest";
import {
  allPrices,
  ceilPrice,
  floorPrice,
  highestPrice,
  isValidPrice,
  lowestPrice,
  nearestPrice,
  type PriceBand,
  priceError,
  stepPrice,
} from "./priceGrid";

function band(startMicros: bigint, endMicros: bigint, stepMicros: bigint): PriceBand {
  return { startMicros, endMicros, stepMicros };
}

const LINEAR = [band(0n, 1_000_000n, 10_000n)];
const TAPERED = [
  band(0n, 100_000n, 1_000n),
  band(100_000n, 900_000n, 10_000n),
  band(900_000n, 1_000_000n, 1_000n),
];
const PART = [band(100_000n, 600_000n, 10_000n)];

// The counts that the exchange's own grid has for these structures.
test.each([
  ["linear_cent", LINEAR, 99],
  ["deci_cent", [band(0n, 1_000_000n, 1_000n)], 999],
  ["tapered_deci_cent", TAPERED, 279],
  [
    "center_deci_edge_centi_cent",
    [band(0n, 10_000n, 100n), band(10_000n, 990_000n, 1_000n), band(990_000n, 1_000_000n, 100n)],
    1_179,
  ],
  ["center_centi_edge_centi_cent", [band(0n, 1_000_000n, 100n)], 9_999],
])("%s has %s prices", (_name, bands, count) => {
  const prices = allPrices(bands);
  expect(prices.length).toBe(count);
  for (let cents = 1n; cents < 100n; cents += 1n) {
    expect(isValidPrice(bands, cents * 10_000n)).toBe(true);
  }
});

test("$0, $1 and what lies between two ticks are refused", () => {
  for (const micros of [0n, 1_000_000n, 565_000n, -10_000n, 1_010_000n]) {
    expect(isValidPrice(LINEAR, micros)).toBe(false);
  }
  expect(isValidPrice(LINEAR, 560_000n)).toBe(true);
});

test("the edge of a tapered grid is finer than its centre", () => {
  expect(isValidPrice(TAPERED, 99_000n)).toBe(true);
  expect(isValidPrice(TAPERED, 101_000n)).toBe(false);
  expect(isValidPrice(TAPERED, 901_000n)).toBe(true);
});

test("prices are rounded down and up to the grid", () => {
  expect(floorPrice(LINEAR, 565_000n)).toBe(560_000n);
  expect(ceilPrice(LINEAR, 565_000n)).toBe(570_000n);
  expect(floorPrice(TAPERED, 105_000n)).toBe(100_000n);
  expect(ceilPrice(TAPERED, 895_500n)).toBe(900_000n);
  expect(floorPrice(LINEAR, 9_999n)).toBeUndefined();
  expect(ceilPrice(LINEAR, 990_001n)).toBeUndefined();
  expect(nearestPrice(LINEAR, 565_000n)).toBe(560_000n);
  expect(nearestPrice(LINEAR, 566_000n)).toBe(570_000n);
  expect(nearestPrice(LINEAR, 1n)).toBe(10_000n);
});

test("a grid ends where its bands end", () => {
  expect(lowestPrice(PART)).toBe(100_000n);
  expect(highestPrice(PART)).toBe(600_000n);
  expect(lowestPrice(LINEAR)).toBe(10_000n);
  expect(highestPrice(LINEAR)).toBe(990_000n);
});

test("steps cross from one band into the next and stop at the ends", () => {
  expect(stepPrice(TAPERED, 99_000n, 2)).toBe(110_000n);
  expect(stepPrice(TAPERED, 110_000n, -2)).toBe(99_000n);
  expect(stepPrice(LINEAR, 980_000n, 5)).toBe(990_000n);
  expect(stepPrice(LINEAR, 20_000n, -5)).toBe(10_000n);
  // Off the grid, the first step lands on the neighbour.
  expect(stepPrice(LINEAR, 565_000n, 1)).toBe(570_000n);
  expect(stepPrice(LINEAR, 565_000n, -1)).toBe(560_000n);
});

test("floor and ceiling agree with a search through all prices", () => {
  for (const bands of [LINEAR, TAPERED, PART]) {
    const prices = allPrices(bands);
    for (let micros = 0n; micros <= 1_000_000n; micros += 1_700n) {
      expect(floorPrice(bands, micros)).toBe(prices.findLast((price) => price <= micros));
      expect(ceilPrice(bands, micros)).toBe(prices.find((price) => price >= micros));
    }
  }
});

test("a refusal names the neighbours", () => {
  expect(priceError(LINEAR, 560_000n)).toBeUndefined();
  expect(priceError(LINEAR, 565_000n)).toBe(
    "Price 0.565 is off the tick grid; nearest: 0.56 and 0.57",
  );
  expect(priceError([], 560_000n)).toBe("No price of this market is known");
});

test("bands without a step give no price", () => {
  expect(allPrices([band(0n, 1_000_000n, 0n)])).toEqual([]);
});
