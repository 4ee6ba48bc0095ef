import { describe, expect, test } from "vitest";
import { amountOf } from "./decimal";
import { chargeFill, type FeeTerms, feeHold, isKnownFeeType, tradeFee } from "./fees";

function terms(feeType: string, multiplierMillionths = 1_000_000n): FeeTerms {
  return { feeType, multiplierMillionths };
}

const WITH_MAKER = terms("quadratic_with_maker_fees");
const CENT = 10_000n;

/** Buys `contracts` at `cents` in one fill, as the first of its order. */
function buy(contracts: bigint, cents: bigint, unitMicros?: bigint) {
  const price = cents * CENT;
  const fee = tradeFee(terms("quadratic"), "taker", price, contracts * 100n) ?? -1n;
  return chargeFill(fee, -amountOf(price, contracts * 100n), 0n, unitMicros);
}

describe("model fee", () => {
  // The rows that the exchange's ledger is tested with.
  test.each([
    [1n, 50n, 17_500n, 4_375n],
    [10n, 50n, 175_000n, 43_750n],
    [100n, 50n, 1_750_000n, 437_500n],
    [100n, 5n, 332_500n, 83_125n],
    [100n, 25n, 1_312_500n, 328_125n],
    [100n, 75n, 1_312_500n, 328_125n],
    [100n, 1n, 69_300n, 17_325n],
    [100n, 99n, 69_300n, 17_325n],
    [3n, 33n, 46_431n, 11_608n],
    [1000n, 37n, 16_317_000n, 4_079_250n],
    [1n, 52n, 17_472n, 4_368n],
    [1n, 99n, 693n, 174n],
  ])("%s contracts at %s cents", (contracts, cents, taker, maker) => {
    expect(tradeFee(WITH_MAKER, "taker", cents * CENT, contracts * 100n)).toBe(taker);
    expect(tradeFee(WITH_MAKER, "maker", cents * CENT, contracts * 100n)).toBe(maker);
  });

  test("the share of the maker follows from the fee type", () => {
    const fee = (feeType: string) => tradeFee(terms(feeType), "maker", 50n * CENT, 10_000n);
    expect(fee("quadratic")).toBe(0n);
    expect(fee("quadratic_with_maker_fees")).toBe(437_500n);
    expect(fee("quadratic_with_combo_maker_fees")).toBe(875_000n);
  });

  test("the multiplier scales both fees", () => {
    expect(tradeFee(terms("quadratic", 500_000n), "taker", 50n * CENT, 10_000n)).toBe(875_000n);
    expect(tradeFee(terms("quadratic", 0n), "taker", 50n * CENT, 10_000n)).toBe(0n);
    expect(
      tradeFee(terms("quadratic_with_maker_fees", 500_000n), "maker", 50n * CENT, 10_000n),
    ).toBe(218_750n);
  });

  test("an unknown formula foretells nothing", () => {
    for (const name of ["flat", "cubic", "", "toString"]) {
      expect(isKnownFeeType(terms(name))).toBe(false);
      expect(tradeFee(terms(name), "taker", 50n * CENT, 100n)).toBeUndefined();
      expect(feeHold(terms(name), "taker", 50n * CENT, 100n)).toBeUndefined();
    }
    expect(tradeFee(undefined, "taker", 50n * CENT, 100n)).toBeUndefined();
  });

  test("YES and NO pay the same", () => {
    for (let cents = 1n; cents < 100n; cents += 1n) {
      expect(tradeFee(WITH_MAKER, "taker", cents * CENT, 700n)).toBe(
        tradeFee(WITH_MAKER, "taker", (100n - cents) * CENT, 700n),
      );
    }
  });
});

describe("rounding of a fill", () => {
  test("the fills observed at the venue come out to the micro-dollar", () => {
    expect(buy(1n, 52n)).toMatchObject({
      tradeFeeMicros: 17_472n,
      feeMicros: 17_500n,
      cashDeltaMicros: -537_500n,
    });
    expect(buy(1n, 99n)).toMatchObject({ tradeFeeMicros: 693n, feeMicros: 700n });
  });

  test("three at 0.33 leave 69 micro-dollars in the accumulator", () => {
    expect(buy(3n, 33n)).toMatchObject({
      tradeFeeMicros: 46_431n,
      cashDeltaMicros: -1_036_500n,
      feeMicros: 46_500n,
      accumulatorMicros: 69n,
    });
  });

  test("four fills of one contract cost as much as one of four, in cents", () => {
    const fee = tradeFee(terms("quadratic"), "taker", 50n * CENT, 100n) ?? -1n;
    const fees: bigint[] = [];
    let accumulator = 0n;
    for (let i = 0; i < 4; i += 1) {
      const charge = chargeFill(fee, -500_000n, accumulator, CENT);
      accumulator = charge.accumulatorMicros;
      fees.push(charge.feeMicros);
    }
    expect(fees).toEqual([20_000n, 20_000n, 20_000n, 10_000n]);
    expect(buy(4n, 50n, CENT).feeMicros).toBe(70_000n);
  });

  test("three fills of one contract at 0.33 leave 3,569 micro-dollars, in cents", () => {
    const fee = tradeFee(terms("quadratic"), "taker", 33n * CENT, 100n) ?? -1n;
    let accumulator = 0n;
    const fees: bigint[] = [];
    for (let i = 0; i < 3; i += 1) {
      const charge = chargeFill(fee, -330_000n, accumulator, CENT);
      accumulator = charge.accumulatorMicros;
      fees.push(charge.feeMicros);
    }
    expect(fees).toEqual([20_000n, 20_000n, 10_000n]);
    expect(accumulator).toBe(3_569n);
  });

  test("money is only moved: the charge is what the fees less the rebate are", () => {
    for (let cents = 1n; cents < 100n; cents += 1n) {
      for (const unit of [100n, CENT]) {
        let accumulator = 0n;
        for (const contracts of [1n, 2n, 7n]) {
          const price = cents * CENT;
          const fee = tradeFee(WITH_MAKER, "taker", price, contracts * 100n) ?? -1n;
          const charge = chargeFill(fee, -amountOf(price, contracts * 100n), accumulator, unit);
          expect(charge.feeMicros).toBeGreaterThanOrEqual(0n);
          expect(charge.cashDeltaMicros % unit).toBe(0n);
          expect(accumulator + charge.roundingFeeMicros - charge.rebateMicros).toBe(
            charge.accumulatorMicros,
          );
          accumulator = charge.accumulatorMicros;
        }
      }
    }
  });
});

test("the hold of a fee is rounded up to the unit", () => {
  expect(feeHold(terms("quadratic"), "taker", 520_000n, 100n)).toBe(17_500n);
  expect(feeHold(terms("quadratic"), "taker", 400_000n, 1_000n)).toBe(168_000n);
  expect(feeHold(terms("quadratic"), "maker", 400_000n, 1_000n)).toBe(0n);
});
