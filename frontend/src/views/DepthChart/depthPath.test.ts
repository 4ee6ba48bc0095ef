import { describe, expect, it } from "vitest";
import { depthOf, stepPath, totalAt } from "./depthPath";

const BOOK = {
  bids: [
    { priceMicros: 400_000n, quantityCentis: 1_000n },
    { priceMicros: 380_000n, quantityCentis: 3_000n },
    { priceMicros: 100_000n, quantityCentis: 9_000n },
  ],
  asks: [{ priceMicros: 420_000n, quantityCentis: 2_000n }],
};

describe("depth", () => {
  it("sums from the best price outward, as far as it reaches", () => {
    const depth = depthOf(BOOK, 10);
    expect(depth.bids).toEqual([
      { price: 40, total: 10 },
      { price: 38, total: 40 },
    ]);
    expect(depth).toMatchObject({ low: 31, high: 51, largest: 40 });
    expect(totalAt(depth.bids, 39, true)).toBe(10);
    expect(totalAt(depth.bids, 38, true)).toBe(40);
    expect(totalAt(depth.asks, 41, false)).toBe(0);
  });

  it("draws nothing of an empty side", () => {
    const depth = depthOf({ bids: [], asks: [] }, 10);
    expect(stepPath(depth.bids, depth, 100, 50, 0)).toBe("");
    expect(depth).toMatchObject({ low: 40, high: 60, largest: 1 });
  });
});
