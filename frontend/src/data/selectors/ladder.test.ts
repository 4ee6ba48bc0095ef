import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { OrderSchema } from "@/gen/evx/exchange/v1/portfolio_pb";
import { buildLadder, centerIndex, isBidOf, keepRows, ownOrders } from "./ladder";

const CENT = 10_000n;
const PRICES = Array.from({ length: 99 }, (_, index) => BigInt(index + 1) * CENT);
const BOOK = {
  bids: [
    { priceMicros: 40n * CENT, quantityCentis: 500n },
    { priceMicros: 38n * CENT, quantityCentis: 700n },
  ],
  asks: [
    { priceMicros: 43n * CENT, quantityCentis: 200n },
    { priceMicros: 45n * CENT, quantityCentis: 900n },
  ],
};

describe("buildLadder", () => {
  it("stands highest price first, with sums from the best price outward", () => {
    const ladder = buildLadder(PRICES, BOOK, "yes");
    expect(ladder.rows[0]?.shownPriceMicros).toBe(99n * CENT);
    expect(ladder.rows[ladder.bestBidIndex]).toMatchObject({
      yesPriceMicros: 40n * CENT,
      bidCentis: 500n,
      bidTotalCentis: 500n,
    });
    expect(ladder.rows[ladder.bestAskIndex]?.askTotalCentis).toBe(200n);
    const at = (price: bigint) => ladder.rows.find((row) => row.yesPriceMicros === price * CENT);
    expect(at(38n)?.bidTotalCentis).toBe(1_200n);
    expect(at(45n)?.askTotalCentis).toBe(1_100n);
    expect(ladder.largestCentis).toBe(900n);
  });

  it("shows as NO what is left to a dollar, with the sides changed", () => {
    const ladder = buildLadder(PRICES, BOOK, "no");
    expect(ladder.rows[ladder.bestBidIndex]).toMatchObject({
      yesPriceMicros: 43n * CENT,
      shownPriceMicros: 57n * CENT,
      bidCentis: 200n,
    });
    expect(ladder.rows[ladder.bestAskIndex]?.shownPriceMicros).toBe(60n * CENT);
    expect(ladder.rows[0]?.shownPriceMicros).toBe(99n * CENT);
  });

  it("is centered between the best prices, and in the middle of an empty book", () => {
    const ladder = buildLadder(PRICES, BOOK, "yes");
    expect(ladder.rows[centerIndex(ladder)]?.shownPriceMicros).toBe(41n * CENT);
    expect(centerIndex(buildLadder(PRICES, undefined, "yes"))).toBe(49);
  });

  it("is centered at the bid when a view between the best prices would show neither", () => {
    const ladder = buildLadder(PRICES, BOOK, "yes");
    expect(ladder.rows[centerIndex(ladder, 5)]?.shownPriceMicros).toBe(41n * CENT);
    expect(ladder.rows[centerIndex(ladder, 4)]?.shownPriceMicros).toBe(40n * CENT);
  });
});

describe("keepRows", () => {
  it("gives rows that show the same as the same objects, and others as they are now", () => {
    const before = buildLadder(PRICES, BOOK, "yes");
    const [best, ...rest] = BOOK.bids;
    const changed = { ...BOOK, bids: [{ ...best, quantityCentis: 600n }, ...rest] } as typeof BOOK;
    const ladder = keepRows(buildLadder(PRICES, changed, "yes"), before);
    const drawnAnew = ladder.rows.filter((row, index) => row !== before.rows[index]);
    expect(drawnAnew.map((row) => [row.yesPriceMicros, row.bidTotalCentis])).toEqual([
      [40n * CENT, 600n],
      [38n * CENT, 1_300n],
    ]);
  });

  it("keeps nothing of the other contract", () => {
    const before = buildLadder(PRICES, BOOK, "yes");
    const ladder = keepRows(buildLadder(PRICES, BOOK, "no"), before);
    expect(ladder).toEqual(buildLadder(PRICES, BOOK, "no"));
  });
});

describe("ownOrders", () => {
  it("stand at their price with what is before them, of this market alone", () => {
    const order = (orderId: string, marketTicker: string) =>
      create(OrderSchema, {
        orderId,
        marketTicker,
        side: BookSide.BID,
        priceMicros: 40n * CENT,
        quantityCentis: 1_000n,
        remainingQuantityCentis: 400n,
      });
    const own = ownOrders(
      [order("new", "A"), order("other", "B"), order("old", "A")],
      new Map([["old", 30n]]),
      "A",
    );
    expect(own.get(40n * CENT)?.map(({ orderId, aheadCentis }) => [orderId, aheadCentis])).toEqual([
      ["old", 30n],
      ["new", undefined],
    ]);
    expect(isBidOf({ side: BookSide.BID }, "yes")).toBe(true);
    expect(isBidOf({ side: BookSide.BID }, "no")).toBe(false);
  });
});
