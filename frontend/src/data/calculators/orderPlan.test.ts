import { describe, expect, test } from "vitest";
import { BookSide, MarketStatus, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import {
  affordableQuantity,
  crossingText,
  type OrderDraft,
  type PlanContext,
  planOrder,
} from "./orderPlan";

const { BID, ASK } = BookSide;
const DOLLAR = 1_000_000n;
const CENT = 10_000n;

function draft(changes: Partial<OrderDraft> = {}): OrderDraft {
  return {
    side: BID,
    priceMicros: 50n * CENT,
    quantityCentis: 1_000n,
    timeInForce: TimeInForce.GOOD_TILL_CANCELED,
    isPostOnly: false,
    isReduceOnly: false,
    expirationTimeNs: 0n,
    ...changes,
  };
}

const MARKET: PlanContext["market"] = {
  status: MarketStatus.ACTIVE,
  closeTimeNs: 2_000n,
  priceBands: [{ startMicros: 0n, endMicros: DOLLAR, stepMicros: CENT }],
  feeTerms: { feeType: "quadratic", multiplierMillionths: 1_000_000n },
};

function context(changes: Partial<PlanContext> = {}): PlanContext {
  return {
    market: MARKET,
    book: {
      bids: [
        { priceMicros: 48n * CENT, quantityCentis: 500n },
        { priceMicros: 47n * CENT, quantityCentis: 2_000n },
      ],
      asks: [
        { priceMicros: 52n * CENT, quantityCentis: 300n },
        { priceMicros: 53n * CENT, quantityCentis: 700n },
      ],
    },
    holding: { netCentis: 0n, costMicros: 0n },
    ownOrders: [],
    availableMicros: 100n * DOLLAR,
    nowNs: 1_000n,
    ...changes,
  };
}

function reasons(changes: Partial<OrderDraft>, with_: Partial<PlanContext> = {}): string[] {
  return planOrder(draft(changes), context(with_)).problems.map((problem) => problem.reason);
}

describe("what it meets", () => {
  test("an order inside the spread rests", () => {
    const plan = planOrder(draft(), context());
    expect(plan).toMatchObject({
      matches: [],
      immediateCentis: 0n,
      restingCentis: 1_000n,
      crossedPriceMicros: undefined,
      costMicros: 5n * DOLLAR,
      feeMicros: 0n,
      problems: [],
      notices: [],
    });
    expect(plan.positionAfter).toEqual({ netCentis: 1_000n, costMicros: 5n * DOLLAR });
  });

  test("an order that crosses walks the levels and rests with what is left", () => {
    const plan = planOrder(draft({ priceMicros: 53n * CENT, quantityCentis: 1_200n }), context());
    expect(plan.matches).toEqual([
      { priceMicros: 52n * CENT, quantityCentis: 300n },
      { priceMicros: 53n * CENT, quantityCentis: 700n },
    ]);
    expect(plan.restingCentis).toBe(200n);
    expect(plan.costMicros).toBe(1_560_000n + 3_710_000n + 1_060_000n);
    expect(plan.notices[0]?.message).toBe("crosses NO @ 0.48");
  });

  test("a bid meets NO at the complement, an ask meets YES", () => {
    expect(crossingText(BID, 52n * CENT)).toBe("crosses NO @ 0.48");
    expect(crossingText(ASK, 48n * CENT)).toBe("crosses YES @ 0.48");
  });

  test("immediate or cancel tells what will not fill", () => {
    const ioc = { timeInForce: TimeInForce.IMMEDIATE_OR_CANCEL };
    expect(planOrder(draft(ioc), context()).notices.map((one) => one.kind)).toEqual([
      "nothing-fills",
    ]);
    const part = planOrder(draft({ ...ioc, priceMicros: 52n * CENT }), context());
    expect(part.notices.map((one) => one.kind)).toEqual(["crosses", "partial"]);
    expect(part.restingCentis).toBe(0n);
  });

  test("an own order on the other side is named", () => {
    const own = {
      orderId: "a",
      side: ASK,
      priceMicros: 50n * CENT,
      remainingQuantityCentis: 100n,
    };
    const plan = planOrder(draft(), context({ ownOrders: [own] }));
    expect(plan.notices.map((one) => one.kind)).toEqual(["self-cross"]);
  });
});

test("an own order behind what fills all of it is not met", () => {
  const own = (cents: bigint) => ({
    orderId: "a",
    side: ASK,
    priceMicros: cents * CENT,
    remainingQuantityCentis: 100n,
  });
  const kinds = (quantityCentis: bigint, ...orders: bigint[]) =>
    planOrder(
      draft({ priceMicros: 60n * CENT, quantityCentis }),
      context({ ownOrders: orders.map(own) }),
    ).notices.map((one) => one.kind);
  expect(kinds(300n, 53n)).toEqual(["crosses"]);
  expect(kinds(301n, 53n)).toEqual(["crosses", "self-cross"]);
  expect(kinds(300n, 53n, 52n)).toEqual(["crosses", "self-cross"]);
  expect(kinds(2_000n, 61n)).toEqual(["crosses"]);
});

describe("fees and funds", () => {
  test("buy 1 at 0.52 at once costs 0.0175", () => {
    const plan = planOrder(draft({ priceMicros: 52n * CENT, quantityCentis: 100n }), context());
    expect(plan.feeMicros).toBe(17_500n);
    expect(plan.maximumLossMicros).toBe(537_500n);
    expect(plan.maximumGainMicros).toBe(462_500n);
    expect(plan.breakEvenMicros).toBe(537_500n);
  });

  test("a NO order costs the complement", () => {
    const plan = planOrder(draft({ side: ASK, priceMicros: 60n * CENT }), context());
    expect(plan.costMicros).toBe(4n * DOLLAR);
    expect(plan.maximumLossMicros).toBe(4n * DOLLAR);
    expect(plan.maximumGainMicros).toBe(6n * DOLLAR);
    expect(plan.breakEvenMicros).toBe(400_000n);
    expect(plan.positionAfter.netCentis).toBe(-1_000n);
  });

  test("the exchange reserves the taker fee at the limit, of post only the maker fee", () => {
    const bid = { priceMicros: 40n * CENT };
    expect(planOrder(draft(bid), context()).holdMicros).toBe(4n * DOLLAR + 168_000n);
    expect(planOrder(draft({ ...bid, isPostOnly: true }), context()).holdMicros).toBe(4n * DOLLAR);
  });

  test("an order beyond the funds names what is missing", () => {
    const plan = planOrder(draft(), context({ availableMicros: 5n * DOLLAR }));
    expect(plan.shortfallMicros).toBe(175_000n);
    expect(plan.problems).toEqual([
      {
        reason: "InsufficientBalance",
        field: "quantity",
        message: "The account lacks $0.175",
      },
    ]);
  });

  test("what closes the position needs no funds", () => {
    const plan = planOrder(
      draft({ side: ASK, priceMicros: 48n * CENT, quantityCentis: 500n }),
      context({
        holding: { netCentis: 1_000n, costMicros: 4n * DOLLAR },
        availableMicros: 0n,
      }),
    );
    expect(plan).toMatchObject({
      holdMicros: 0n,
      closesCentis: 500n,
      opensCentis: 0n,
      realizedMicros: 400_000n,
      problems: [],
    });
    expect(plan.positionAfter).toEqual({ netCentis: 500n, costMicros: 2n * DOLLAR });
  });

  test("resting orders share the credit of the position", () => {
    const own = {
      orderId: "a",
      side: ASK,
      priceMicros: 60n * CENT,
      remainingQuantityCentis: 1_000n,
    };
    const plan = planOrder(
      draft({ side: ASK, priceMicros: 60n * CENT, quantityCentis: 1_000n, isPostOnly: true }),
      context({
        holding: { netCentis: 1_000n, costMicros: 4n * DOLLAR },
        ownOrders: [own],
      }),
    );
    // 20 NO at 0.40 cost $8, 10 of them close and bring $10.
    expect(plan.holdMicros).toBe(0n);
  });

  test("the largest affordable count fits and one more does not", () => {
    for (const side of [BID, ASK]) {
      for (const netCentis of [0n, 700n, -700n]) {
        for (const cents of [3n, 50n, 97n]) {
          const given = context({
            holding: { netCentis, costMicros: 0n },
            availableMicros: 12_345_600n,
          });
          const one = draft({ side, priceMicros: cents * CENT });
          const most = affordableQuantity(one, given) ?? -1n;
          const missing = (quantityCentis: bigint) =>
            planOrder({ ...one, quantityCentis }, given).shortfallMicros;
          expect(missing(most)).toBe(0n);
          expect(missing(most + 100n)).toBeGreaterThan(0n);
        }
      }
    }
  });

  test("an unknown formula leaves out what follows from the fee", () => {
    const market = { ...MARKET, feeTerms: { feeType: "flat", multiplierMillionths: 1n } };
    const plan = planOrder(draft(), context({ market }));
    expect(plan.feeMicros).toBeUndefined();
    expect(plan.maximumLossMicros).toBeUndefined();
    expect(plan.breakEvenMicros).toBeUndefined();
    expect(plan.costMicros).toBe(5n * DOLLAR);
    expect(plan.notices.map((one) => one.kind)).toEqual(["fee-unknown"]);
  });
});

describe("what the exchange would refuse", () => {
  test("a sound order has no problem", () => {
    expect(reasons({})).toEqual([]);
  });

  test.each([
    ["InvalidPrice", { priceMicros: 505_000n }, {}],
    ["InvalidPrice", { priceMicros: 0n }, {}],
    ["InvalidQuantity", { quantityCentis: 0n }, {}],
    ["MarketInactive", {}, { market: { ...MARKET, status: MarketStatus.INACTIVE } }],
    ["MarketInactive", {}, { nowNs: 2_000n }],
    ["ExpirationInPast", { expirationTimeNs: 1_000n }, {}],
    [
      "ExpirationNotAllowed",
      { expirationTimeNs: 1_500n, timeInForce: TimeInForce.IMMEDIATE_OR_CANCEL },
      {},
    ],
    ["PostOnlyNotAllowed", { isPostOnly: true, timeInForce: TimeInForce.IMMEDIATE_OR_CANCEL }, {}],
    [
      "ReduceOnlyNotImmediate",
      { isReduceOnly: true },
      { holding: { netCentis: -1_000n, costMicros: 1n } },
    ],
    ["NothingToReduce", { isReduceOnly: true, timeInForce: TimeInForce.IMMEDIATE_OR_CANCEL }, {}],
    ["PostOnlyWouldCross", { isPostOnly: true, priceMicros: 52n * CENT }, {}],
    [
      "FillOrKillInsufficientVolume",
      { timeInForce: TimeInForce.FILL_OR_KILL, priceMicros: 52n * CENT },
      {},
    ],
  ] as const)("%s", (reason, changes, with_) => {
    expect(reasons(changes, with_)).toEqual([reason]);
  });

  test("reduce only is capped by the position", () => {
    const plan = planOrder(
      draft({
        side: ASK,
        priceMicros: 47n * CENT,
        isReduceOnly: true,
        timeInForce: TimeInForce.IMMEDIATE_OR_CANCEL,
      }),
      context({ holding: { netCentis: 600n, costMicros: 3n * DOLLAR } }),
    );
    expect(plan.quantityCentis).toBe(600n);
    expect(plan.positionAfter).toEqual({ netCentis: 0n, costMicros: 0n });
    expect(plan.problems).toEqual([]);
  });

  test("fill or kill passes when the book has enough", () => {
    expect(
      reasons({
        timeInForce: TimeInForce.FILL_OR_KILL,
        priceMicros: 53n * CENT,
        quantityCentis: 1_000n,
      }),
    ).toEqual([]);
  });
});
