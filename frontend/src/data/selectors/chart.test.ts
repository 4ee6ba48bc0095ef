import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { FillSchema, OrderSchema, PositionSchema } from "@/gen/evx/exchange/v1/portfolio_pb";
import { CandleSchema } from "@/gen/evx/marketdata/v1/candle_service_pb";
import { fillMarks, ownLines, periodStart, toChartCandles, withChance, withTrade } from "./chart";

const NS = 1_000_000_000n;

function trade(seconds: bigint, cents: bigint, contracts = 1n) {
  return {
    priceMicros: cents * 10_000n,
    quantityCentis: contracts * 100n,
    eventTimeNs: seconds * NS,
  };
}

describe("candles", () => {
  it("of the gateway are drawn at the begin of their period", () => {
    const ohlc = {
      openMicros: 400_000n,
      highMicros: 500_000n,
      lowMicros: 390_000n,
      closeMicros: 1n,
    };
    const [candle] = toChartCandles(
      [
        create(CandleSchema, {
          endTime: { seconds: 120n, nanos: 0 },
          trade: ohlc,
          bid: { closeMicros: 400_000n },
          ask: { closeMicros: 440_000n },
          volumeCentis: 250n,
        }),
      ],
      60,
    );
    expect(candle).toMatchObject({
      time: 60,
      open: 40,
      high: 50,
      low: 39,
      chance: 42,
      volume: 2.5,
    });
  });

  it("without a trade or with an empty side have none", () => {
    const [candle] = toChartCandles(
      [
        create(CandleSchema, {
          endTime: { seconds: 120n, nanos: 0 },
          bid: { closeMicros: 0n },
          ask: { closeMicros: 440_000n },
        }),
      ],
      60,
    );
    expect(candle).toMatchObject({ open: undefined, chance: undefined, volume: 0 });
  });

  it("a period includes its end", () => {
    expect(periodStart(120n * NS, 60)).toBe(60);
    expect(periodStart(120n * NS + 1_000_000n, 60)).toBe(120);
  });

  it("grow by trades of now, and a new period is a new candle", () => {
    const first = withTrade([], trade(70n, 40n, 2n), 60);
    if (first === undefined) throw new Error("no candle");
    expect(first).toMatchObject({ time: 60, open: 40, close: 40, volume: 2 });
    const second = withTrade([first], trade(80n, 37n), 60);
    expect(second).toMatchObject({ time: 60, open: 40, low: 37, high: 40, close: 37, volume: 3 });
    expect(withTrade([first], trade(130n, 41n), 60)).toMatchObject({ time: 120, open: 41 });
    expect(withTrade([first], trade(30n, 41n), 60)).toBeUndefined();
    expect(withChance([first], 450_000n, 90n * NS, 60)).toMatchObject({
      time: 60,
      chance: 45,
      open: 40,
    });
  });
});

describe("own fills", () => {
  const fill = (seconds: bigint, cents: bigint, contracts: bigint, changes: object = {}) =>
    create(FillSchema, {
      marketTicker: "A",
      side: BookSide.BID,
      priceMicros: cents * 10_000n,
      quantityCentis: contracts * 100n,
      createTime: { seconds, nanos: 0 },
      ...changes,
    });

  it("of one candle and side are one mark with their average price", () => {
    const marks = fillMarks(
      [
        fill(130n, 50n, 1n),
        fill(100n, 44n, 3n),
        fill(90n, 40n, 1n),
        fill(95n, 45n, 2n, { side: BookSide.ASK }),
        fill(95n, 45n, 2n, { marketTicker: "B" }),
      ],
      "A",
      60,
    );
    expect(marks).toEqual([
      { time: 60, isBid: false, quantityCentis: 200n, averageMicros: 450_000n, fillCount: 1 },
      { time: 60, isBid: true, quantityCentis: 400n, averageMicros: 430_000n, fillCount: 2 },
      { time: 120, isBid: true, quantityCentis: 100n, averageMicros: 500_000n, fillCount: 1 },
    ]);
  });

  it("a fill at the end of a period belongs to it, as a trade does", () => {
    expect(fillMarks([fill(120n, 50n, 1n)], "A", 60)[0]?.time).toBe(60);
  });
});

describe("own prices", () => {
  it("are the average of the position in YES, and orders by price and side", () => {
    const position = (contracts: bigint, costCents: bigint) =>
      create(PositionSchema, {
        marketTicker: "A",
        positionCentis: contracts * 100n,
        exposureMicros: costCents * 10_000n,
      });
    const order = (side: BookSide) =>
      create(OrderSchema, {
        marketTicker: "A",
        side,
        priceMicros: 500_000n,
        remainingQuantityCentis: 300n,
      });
    const orders = [order(BookSide.BID), order(BookSide.BID), order(BookSide.ASK)];
    expect(ownLines([position(-10n, 200n)], orders, "A")).toEqual([
      { kind: "position", priceMicros: 800_000n, quantityCentis: -1_000n },
      { kind: "bid", priceMicros: 500_000n, quantityCentis: 600n },
      { kind: "ask", priceMicros: 500_000n, quantityCentis: 300n },
    ]);
    expect(ownLines([position(10n, 200n)], orders, "B")).toEqual([]);
  });
});
