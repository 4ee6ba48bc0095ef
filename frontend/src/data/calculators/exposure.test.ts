import { describe, expect, test } from "vitest";
import { type ExposedPosition, eventExposures, middlePrice, probabilitySums } from "./exposure";

const DOLLAR = 1_000_000n;

function position(
  marketTicker: string,
  contracts: bigint,
  costDollars: bigint,
  changes: Partial<ExposedPosition> = {},
): ExposedPosition {
  return {
    marketTicker,
    eventTicker: "E",
    netCentis: contracts * 100n,
    costMicros: costDollars * DOLLAR,
    quote: { bidPriceMicros: 400_000n, askPriceMicros: 500_000n },
    isMutuallyExclusive: true,
    ...changes,
  };
}

describe("exposure of an event", () => {
  test("NO in n exclusive markets pays n - 1 at least", () => {
    const [line] = eventExposures([position("A", -10n, 6n), position("B", -10n, 7n)]);
    expect(line).toMatchObject({
      marketCount: 2,
      costMicros: 13n * DOLLAR,
      worstPayoutMicros: 10n * DOLLAR,
      bestPayoutMicros: 20n * DOLLAR,
      worstProfitMicros: -3n * DOLLAR,
      bestProfitMicros: 7n * DOLLAR,
    });
  });

  test("markets that are not exclusive add up their worst and best", () => {
    const [line] = eventExposures([
      position("A", -10n, 6n, { isMutuallyExclusive: false }),
      position("B", 10n, 4n, { isMutuallyExclusive: false }),
    ]);
    expect(line).toMatchObject({ worstPayoutMicros: 0n, bestPayoutMicros: 20n * DOLLAR });
  });

  test("YES in exclusive markets pays once", () => {
    const [line] = eventExposures([position("A", 10n, 4n), position("B", 5n, 2n)]);
    expect(line).toMatchObject({ worstPayoutMicros: 0n, bestPayoutMicros: 10n * DOLLAR });
  });

  test("positions are valued at what the book pays, and not at all without a bid", () => {
    const [line] = eventExposures([position("A", 10n, 4n), position("B", -10n, 6n)]);
    expect(line?.valueMicros).toBe(4n * DOLLAR + 5n * DOLLAR);
    const [unknown] = eventExposures([position("A", 10n, 4n, { quote: undefined })]);
    expect(unknown?.valueMicros).toBeUndefined();
  });

  test("the event that can lose most comes first, flat positions are left out", () => {
    const lines = eventExposures([
      position("A", 1n, 1n, { eventTicker: "SMALL" }),
      position("B", 100n, 50n, { eventTicker: "LARGE" }),
      position("C", 0n, 0n, { eventTicker: "FLAT" }),
    ]);
    expect(lines.map((line) => line.eventTicker)).toEqual(["LARGE", "SMALL"]);
  });
});

describe("sums of an event's prices", () => {
  const quote = (bid: bigint, ask: bigint) => ({
    bidPriceMicros: bid * 10_000n,
    askPriceMicros: ask * 10_000n,
  });

  test("bids, asks and middles are summed", () => {
    expect(probabilitySums([quote(40n, 44n), quote(50n, 54n)])).toEqual({
      marketCount: 2,
      bidsMicros: 900_000n,
      asksMicros: 980_000n,
      middlesMicros: 940_000n,
      arbitrageMicros: 20_000n,
    });
    expect(probabilitySums([quote(60n, 62n), quote(45n, 47n)]).arbitrageMicros).toBe(50_000n);
    expect(probabilitySums([quote(48n, 52n), quote(48n, 52n)]).arbitrageMicros).toBe(0n);
  });

  test("a bid that one market lacks adds nothing, an ask that one lacks leaves no sum", () => {
    const sums = probabilitySums([quote(0n, 44n), quote(50n, 100n)]);
    expect(sums.bidsMicros).toBe(500_000n);
    expect(sums.asksMicros).toBeUndefined();
    expect(sums.middlesMicros).toBe(940_000n);
    expect(probabilitySums([undefined]).middlesMicros).toBeUndefined();
    expect(probabilitySums([]).bidsMicros).toBeUndefined();
  });

  test("the middle of one side is that side", () => {
    expect(middlePrice(quote(0n, 100n))).toBeUndefined();
    expect(middlePrice(quote(40n, 100n))).toBe(400_000n);
    expect(middlePrice(quote(40n, 45n))).toBe(425_000n);
  });
});
