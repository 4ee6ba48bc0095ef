import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import {
  FillSchema,
  OrderSchema,
  OrderStatus,
  PositionSchema,
} from "@/gen/evx/exchange/v1/portfolio_pb";
import { type MarketRow, MarketRowSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import { PortfolioSchema, PortfolioUpdateSchema } from "@/gen/evx/gateway/v1/portfolio_views_pb";
import {
  accountOf,
  accountTotals,
  applyPortfolioUpdate,
  availableCash,
  exposureRows,
  FILL_COUNT_MAX,
  holdingOf,
  orderList,
  ordersOfMarket,
  positionRows,
} from "./portfolio";

const DOLLAR = 1_000_000n;

const BEGIN = create(PortfolioSchema, {
  balance: { cashMicros: 100n * DOLLAR, holdMicros: 10n * DOLLAR },
  positions: [{ marketTicker: "A", positionCentis: 1_000n, exposureMicros: 4n * DOLLAR }],
  orders: [
    { orderId: "1", marketTicker: "A", status: OrderStatus.RESTING, side: BookSide.BID },
    { orderId: "2", marketTicker: "B", status: OrderStatus.RESTING, side: BookSide.ASK },
  ],
  queuePositions: [{ orderId: "1", quantityAheadCentis: 500n }],
  fills: [{ tradeId: "t1", orderId: "9" }],
  sequenceNumber: 7n,
});

function update(init: MessageInitShape<typeof PortfolioUpdateSchema>) {
  return create(PortfolioUpdateSchema, init);
}

function market(ticker: string, bid: bigint, ask: bigint): MarketRow {
  return create(MarketRowSchema, {
    market: { marketTicker: ticker, eventTicker: "E", title: "Title", mutuallyExclusive: true },
    ticker: { marketTicker: ticker, bidPriceMicros: bid, askPriceMicros: ask },
  });
}

describe("updates of the account", () => {
  const begin = accountOf(BEGIN);

  test("what an update does not name stays the same object", () => {
    const next = applyPortfolioUpdate(begin, update({ balance: { cashMicros: DOLLAR } }));
    expect(next.balance?.cashMicros).toBe(DOLLAR);
    expect(next.positions).toBe(begin.positions);
    expect(next.orders).toBe(begin.orders);
    expect(next.queueAhead).toBe(begin.queueAhead);
    expect(next.fills).toBe(begin.fills);
  });

  test("a position of zero is gone", () => {
    const next = applyPortfolioUpdate(
      begin,
      update({ positions: [{ marketTicker: "A" }, { marketTicker: "B", positionCentis: -5n }] }),
    );
    expect([...next.positions.keys()]).toEqual(["0/B"]);
    expect(holdingOf(next, "A")).toEqual({ netCentis: 0n, costMicros: 0n });
  });

  test("an order that does not rest any more is gone with its place in the queue", () => {
    const next = applyPortfolioUpdate(
      begin,
      update({ orders: [{ orderId: "1", status: OrderStatus.EXECUTED }] }),
    );
    expect([...next.orders.keys()]).toEqual(["2"]);
    expect(next.queueAhead.size).toBe(0);
  });

  test("places in the queue of orders that are not known are left out", () => {
    const next = applyPortfolioUpdate(
      begin,
      update({
        queuePositions: [
          { orderId: "2", quantityAheadCentis: 3n },
          { orderId: "gone", quantityAheadCentis: 3n },
        ],
      }),
    );
    expect([...next.queueAhead]).toEqual([
      ["1", 500n],
      ["2", 3n],
    ]);
  });

  test("fills come newest first, each once", () => {
    const fills = [
      create(FillSchema, { tradeId: "t1", orderId: "9" }),
      create(FillSchema, { tradeId: "t2", orderId: "9" }),
      create(FillSchema, { tradeId: "t3", orderId: "9" }),
    ];
    const next = applyPortfolioUpdate(begin, update({ fills }));
    expect(next.fills.map((fill) => fill.tradeId)).toEqual(["t3", "t2", "t1"]);
    expect(fills.map((fill) => fill.tradeId)).toEqual(["t1", "t2", "t3"]);
  });

  test("the number of fills is bounded", () => {
    const many = Array.from({ length: FILL_COUNT_MAX + 10 }, (_, i) => ({
      tradeId: `n${i}`,
      orderId: "9",
    }));
    const next = applyPortfolioUpdate(begin, update({ fills: many }));
    expect(next.fills.length).toBe(FILL_COUNT_MAX);
    expect(next.fills[0]?.tradeId).toBe(`n${FILL_COUNT_MAX + 9}`);
  });

  test("a new state replaces the account, settlements that were seen stay", () => {
    const settled = applyPortfolioUpdate(begin, update({ settlements: [{ marketTicker: "A" }] }));
    const again = accountOf(create(PortfolioSchema, {}), settled);
    expect(again.orders.size).toBe(0);
    expect(again.settlements.map((one) => one.marketTicker)).toEqual(["A"]);
  });
});

describe("what tables show", () => {
  const find = (ticker: string) =>
    ({ A: market("A", 500_000n, 520_000n), B: market("B", 300_000n, 350_000n) })[ticker];

  test("YES is marked at the bid, NO at what buying YES costs", () => {
    const state = accountOf(
      create(PortfolioSchema, {
        positions: [
          { marketTicker: "A", positionCentis: 1_000n, exposureMicros: 4n * DOLLAR },
          { marketTicker: "B", positionCentis: -1_000n, exposureMicros: 6n * DOLLAR },
          { marketTicker: "C", positionCentis: 100n, exposureMicros: DOLLAR },
        ],
      }),
    );
    const rows = positionRows(state.positions, find);
    expect(rows.map((row) => row.markMicros)).toEqual([500_000n, 650_000n, undefined]);
    expect(rows.map((row) => row.unrealizedMicros)).toEqual([DOLLAR, 500_000n, undefined]);
    expect(rows.map((row) => row.averageMicros)).toEqual([400_000n, 600_000n, 1_000_000n]);

    const totals = accountTotals(BEGIN.balance, rows);
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
    expect(accountTotals(undefined, []).equityMicros).toBeUndefined();
  });

  test("a holding sums the subaccounts of a market", () => {
    const state = accountOf(
      create(PortfolioSchema, {
        positions: [
          create(PositionSchema, { marketTicker: "A", positionCentis: 5n, exposureMicros: 2n }),
          create(PositionSchema, {
            marketTicker: "A",
            subaccount: 1,
            positionCentis: -2n,
            exposureMicros: 1n,
          }),
        ],
      }),
    );
    expect(holdingOf(state, "A")).toEqual({ netCentis: 3n, costMicros: 3n });
  });

  test("orders are listed newest first", () => {
    const orders = new Map(
      [5n, 9n, 7n].map((seconds) => [
        String(seconds),
        create(OrderSchema, { orderId: String(seconds), createTime: { seconds } }),
      ]),
    );
    expect(orderList(orders).map((order) => order.orderId)).toEqual(["9", "7", "5"]);
    expect(ordersOfMarket(accountOf(BEGIN), "B").map((order) => order.orderId)).toEqual(["2"]);
  });
});
