// What fills cost, as the venue rounds it.
//
//   model fee = 0.07 * multiplier * contracts * P * (1 - P)
//
// for the order that came in; the resting one pays a share of it that the fee type names. The model
// fee is rounded up to one micro-dollar, then the balance down to the account's unit; what that
// rounding took is collected per order and given back in whole units. Symmetric in P: YES and NO
// pay the same.

import {
  CENTIS_PER_CONTRACT,
  ceilDivide,
  floorDivide,
  MICROS_PER_DOLLAR,
  PRICE_GRANULARITY_MICROS,
  smaller,
} from "./decimal";

export interface FeeTerms {
  feeType: string;
  /** 1,000,000 is 1. */
  multiplierMillionths: bigint;
}

export type Liquidity = "taker" | "maker";

/** Balances of the gateway's accounts move in $0.0001. */
export const BALANCE_UNIT_MICROS = PRICE_GRANULARITY_MICROS;

// 0.07, 0.0175 and 0.035 in ten-thousandths.
const TAKER_COEFFICIENT = 700n;
const MAKER_COEFFICIENTS: Readonly<Record<string, bigint>> = {
  quadratic: 0n,
  quadratic_with_maker_fees: 175n,
  quadratic_with_combo_maker_fees: 350n,
};

/** False for a formula that is not known here: then no fee can be foretold. */
export function isKnownFeeType(terms: FeeTerms | undefined): terms is FeeTerms {
  return terms !== undefined && Object.hasOwn(MAKER_COEFFICIENTS, terms.feeType);
}

/** The model fee of one fill, rounded up to the micro-dollar; undefined: the formula is unknown. */
export function tradeFee(
  terms: FeeTerms | undefined,
  liquidity: Liquidity,
  priceMicros: bigint,
  quantityCentis: bigint,
): bigint | undefined {
  if (!isKnownFeeType(terms)) return undefined;
  const coefficient =
    liquidity === "taker" ? TAKER_COEFFICIENT : (MAKER_COEFFICIENTS[terms.feeType] ?? 0n);
  const numerator =
    coefficient *
    terms.multiplierMillionths *
    quantityCentis *
    priceMicros *
    (MICROS_PER_DOLLAR - priceMicros);
  return ceilDivide(numerator, 10n ** 10n * CENTIS_PER_CONTRACT * MICROS_PER_DOLLAR);
}

/** What the exchange reserves for the fee of `quantityCentis` at the limit: up to the next unit. */
export function feeHold(
  terms: FeeTerms | undefined,
  liquidity: Liquidity,
  priceMicros: bigint,
  quantityCentis: bigint,
  unitMicros = BALANCE_UNIT_MICROS,
): bigint | undefined {
  const fee = tradeFee(terms, liquidity, priceMicros, quantityCentis);
  return fee === undefined ? undefined : ceilDivide(fee, unitMicros) * unitMicros;
}

export interface FillCharge {
  tradeFeeMicros: bigint;
  roundingFeeMicros: bigint;
  rebateMicros: bigint;
  /** What the fill is charged: the two fees less the rebate. */
  feeMicros: bigint;
  /** How the balance moves: revenue less the charge. */
  cashDeltaMicros: bigint;
  /** Of the order, after this fill. */
  accumulatorMicros: bigint;
}

/**
 * One fill of an order. `revenueMicros` is signed, negative when paying; `accumulatorMicros` is what
 * the order's earlier fills left (0 for the first). Assumes a balance that lies on the unit.
 */
export function chargeFill(
  tradeFeeMicros: bigint,
  revenueMicros: bigint,
  accumulatorMicros: bigint,
  unitMicros = BALANCE_UNIT_MICROS,
): FillCharge {
  const exact = revenueMicros - tradeFeeMicros;
  const roundingFeeMicros = exact - floorDivide(exact, unitMicros) * unitMicros;
  const full = tradeFeeMicros + roundingFeeMicros;
  const collected = accumulatorMicros + roundingFeeMicros;
  const rebateMicros = floorDivide(smaller(collected, full), unitMicros) * unitMicros;
  const feeMicros = full - rebateMicros;
  return {
    tradeFeeMicros,
    roundingFeeMicros,
    rebateMicros,
    feeMicros,
    cashDeltaMicros: revenueMicros - feeMicros,
    accumulatorMicros: collected - rebateMicros,
  };
}
