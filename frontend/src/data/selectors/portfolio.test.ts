import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { PositionSchema } from "@/gen/evx/exchange/v1/portfolio_pb";
import { type MarketRow, MarketRowSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import { BalanceSchema } from "@/gen/evx/gateway/v1/portfolio_views_pb";
import { accountTotals, availableCash, exposureRows, holdingOf, positionRows } from "./portfolio";

const DOLLAR = 1_000_000n;

const BALANCE = create(BalanceSchema, {
  cashMicros: 100n * DOLLAR,
  holdMicros: 10n * DOLLAR,
});

function position(
  marketTicker: string,
  positionCentis: bigint,
  exposureMicros: bigint,
  subaccount = 0,
) {
  return create(PositionSchema, { marketTicker, positionCentis, exposureMicros, subaccount });
}

function market(ticker: string, bid: bigint, ask: bigint): MarketRow {
  return create(MarketRowSchema, {
    market: { marketTicker: ticker, eventTicker: "E", title: "Title", mutuallyExclusive: true },
    ticker: { marketTicker: ticker, bidPriceMicros: bid, askPriceMicros: ask },
  });
}

describe("what tables show", () => {
  const find = (ticker: string) =>
    ({ A: market("A", 500_000n, 520_000n), B: market("B", 300_000n, 350_000n) })[ticker];

  test("YES is marked at the bid, NO at what buying YES costs", () => {
    const positions = [
      position("C", 100n, DOLLAR),
      position("A", 1_000n, 4n * DOLLAR),
      position("B", -1_000n, 6n * DOLLAR),
    ];
    const rows = positionRows(positions, find);
    expect(rows.map((row) => row.markMicros)).toEqual([500_000n, 650_000n, undefined]);
    expect(rows.map((row) => row.unrealizedMicros)).toEqual([DOLLAR, 500_000n, undefined]);
    expect(rows.map((row) => row.averageMicros)).toEqual([400_000n, 600_000n, 1_000_000n]);

    const totals = accountTotals(BALANCE, rows);
    expect(totals).toMatchObject({
      equityMicros: 100n * DOLLAR + 5n * DOLLAR + 6_500_000n,
      availableMicros: 90n * DOLLAR,
      unrealizedMicros: 1_500_000n,
      positionCount: 3,
      unmarkedCount: 1,
    });
    expect(exposureRows(rows, find).map((row) => row.eventTicker)).toEqual(["E", ""]);
  });

  test("nothing is known of an account before it was told", () => {
    expect(availableCash(undefined)).toBeUndefined();
    const { positionCount, unmarkedCount, ...sums } = accountTotals(undefined, []);
    expect([positionCount, unmarkedCount]).toEqual([0, 0]);
    expect(Object.values(sums)).toEqual(Object.values(sums).map(() => undefined));
  });

  test("a holding sums the subaccounts of a market", () => {
    const positions = [position("A", 5n, 2n), position("A", -2n, 1n, 1), position("B", 9n, 9n)];
    expect(holdingOf(positions, "A")).toEqual({ netCentis: 3n, costMicros: 3n });
  });
});
