import { expect, test } from "vitest";
import { equityCurve, roundAmounts, thinPoints } from "./equity";

function mark(timeNs: bigint, cash: bigint, value = 0n) {
  return { timeNs, cashMicros: cash, positionValueMicros: value };
}

test("the curve is cash and positions together, in order of time", () => {
  const curve = equityCurve([mark(3n, 80n, 40n), mark(1n, 100n), mark(2n, 90n, 20n)]);
  expect(curve.points).toEqual([
    { timeNs: 1n, equityMicros: 100n },
    { timeNs: 2n, equityMicros: 110n },
    { timeNs: 3n, equityMicros: 120n },
  ]);
  expect(curve.changeMicros).toBe(20n);
  expect(curve.drawdownMicros).toBe(0n);
});

test("the drawdown is the deepest fall from a high before it", () => {
  const curve = equityCurve([100n, 150n, 90n, 200n, 160n].map((cash, i) => mark(BigInt(i), cash)));
  expect(curve.drawdownMicros).toBe(60n);
  expect(curve.changeMicros).toBe(60n);
});

test("the live mark is the last point, and replaces one of the same moment", () => {
  const curve = equityCurve([mark(1n, 100n), mark(2n, 110n)], mark(2n, 111n));
  expect(curve.points.at(-1)).toEqual({ timeNs: 2n, equityMicros: 111n });
  expect(curve.points.length).toBe(2);
});

test("no marks, no curve", () => {
  expect(equityCurve([])).toEqual({ points: [], changeMicros: 0n, drawdownMicros: 0n });
});

test("thinning keeps ends, highs and lows", () => {
  const points = Array.from({ length: 10_000 }, (_, i) => ({
    timeNs: BigInt(i),
    equityMicros: i === 7_777 ? -5n : i === 3_333 ? 9_999n : BigInt(i % 50),
  }));
  const kept = thinPoints(points, 400);
  expect(kept.length).toBeLessThanOrEqual(400);
  expect(kept[0]).toEqual(points[0]);
  expect(kept.at(-1)).toEqual(points.at(-1));
  expect(kept).toContainEqual(points[7_777]);
  expect(kept).toContainEqual(points[3_333]);
  expect(thinPoints(points.slice(0, 10), 400)).toEqual(points.slice(0, 10));
});

test("amounts beside the curve are round", () => {
  expect(roundAmounts(9_998n, 10_103n, 4)).toEqual([
    10_000n,
    10_020n,
    10_040n,
    10_060n,
    10_080n,
    10_100n,
  ]);
  expect(roundAmounts(0n, 3n, 4)).toEqual([0n, 1n, 2n, 3n]);
  expect(roundAmounts(-30n, 30n, 3)).toEqual([-20n, 0n, 20n]);
});
