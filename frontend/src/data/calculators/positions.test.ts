import { describe, expect, test } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import {
  applyFill,
  averagePrice,
  type Holding,
  markedValue,
  markPrice,
  payout,
  unrealizedProfit,
} from "./positions";

const { BID, ASK } = BookSide;
const DOLLAR = 1_000_000n;
const FLAT: Holding = { netCentis: 0n, costMicros: 0n };

function buy(before: Holding, cents: bigint, contracts: bigint) {
  return applyFill(before, BID, cents * 10_000n, contracts * 100n);
}
function sell(before: Holding, cents: bigint, contracts: bigint) {
  return applyFill(before, ASK, cents * 10_000n, contracts * 100n);
}

// The exchange's ledger does the same with the same fills.
test("fills move position, average cost and realized profit", () => {
  let change = buy(FLAT, 40n, 10n);
  change = buy(change.holding, 60n, 10n);
  expect(change.revenueMicros).toBe(-6n * DOLLAR);
  expect(change.holding).toEqual({ netCentis: 2_000n, costMicros: 10n * DOLLAR });

  change = sell(change.holding, 70n, 5n);
  expect(change.revenueMicros).toBe(3_500_000n);
  expect(change.realizedMicros).toBe(DOLLAR);
  expect(change.holding.costMicros).toBe(7_500_000n);

  // 15 close YES at 0.30 with a loss of $3, 5 open NO at 0.70.
  change = sell(change.holding, 30n, 20n);
  expect(change).toMatchObject({ closedCentis: 1_500n, openedCentis: 500n });
  expect(change.realizedMicros).toBe(-3n * DOLLAR);
  expect(change.revenueMicros).toBe(4_500_000n - 3_500_000n);
  expect(change.holding).toEqual({ netCentis: -500n, costMicros: 3_500_000n });
  expect(markedValue(change.holding.netCentis, 200_000n)).toBe(4n * DOLLAR);
  expect(unrealizedProfit(change.holding, 200_000n)).toBe(500_000n);
});

test("the average cost of the last contract is what is left", () => {
  let change = buy(FLAT, 33n, 1n);
  change = buy(change.holding, 34n, 2n);
  change = sell(change.holding, 50n, 1n);
  expect(change.holding.costMicros).toBe(1_010_000n - 336_666n);
  change = sell(change.holding, 50n, 2n);
  expect(change.holding).toEqual(FLAT);
});

test("buying closes NO first", () => {
  const short = sell(FLAT, 70n, 10n).holding;
  expect(short).toEqual({ netCentis: -1_000n, costMicros: 3n * DOLLAR });
  const change = buy(short, 60n, 4n);
  expect(change.realizedMicros).toBe(1_600_000n - 1_200_000n);
  expect(change.holding).toEqual({ netCentis: -600n, costMicros: 1_800_000n });
});

describe("marks", () => {
  const quote = { bidPriceMicros: 480_000n, askPriceMicros: 520_000n };

  test("YES is marked at the bid, NO at the ask", () => {
    expect(markPrice(100n, quote)).toBe(480_000n);
    expect(markPrice(-100n, quote)).toBe(520_000n);
  });

  test("without a bid for it a position has no mark", () => {
    expect(markPrice(100n, { ...quote, bidPriceMicros: 0n })).toBeUndefined();
    expect(markPrice(-100n, { ...quote, askPriceMicros: 1_000_000n })).toBeUndefined();
    expect(markPrice(100n, undefined)).toBeUndefined();
    expect(markPrice(0n, quote)).toBeUndefined();
  });
});

test("the average price is that of the contract which is held", () => {
  expect(averagePrice({ netCentis: 300n, costMicros: 1_010_000n })).toBe(336_667n);
  expect(averagePrice({ netCentis: -500n, costMicros: 3_500_000n })).toBe(700_000n);
  expect(averagePrice(FLAT)).toBeUndefined();
});

test("YES pays the settlement value, NO the rest of the dollar", () => {
  expect(payout(1_000n, DOLLAR)).toBe(10n * DOLLAR);
  expect(payout(1_000n, 0n)).toBe(0n);
  expect(payout(-1_000n, 0n)).toBe(10n * DOLLAR);
  expect(payout(-1_000n, 250_000n)).toBe(7_500_000n);
});
