// Integers to text and back, without floating point.
//
// Units: `micros` are micro-dollars (1,000,000 to the dollar), `centis` hundredths of a contract,
// `millionths` of one. All are bigint and stay so until they become text here.

export const MICROS_PER_DOLLAR = 1_000_000n;
export const MICROS_PER_CENT = 10_000n;
/** The finest price and balance of the venue: $0.0001. */
export const PRICE_GRANULARITY_MICROS = 100n;
export const CENTIS_PER_CONTRACT = 100n;

/** What a person typed, understood or not; `reason` is a sentence for the field. */
export type Parsed = { ok: true; value: bigint } | { ok: false; reason: string };

/** The sign of amounts below zero: as wide as a plus in tabular figures. */
export const MINUS = "\u2212";
/** What stands where nothing is known. */
export const NOTHING = "\u2013";

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The quotient toward minus infinity; `divisor` is above zero. */
export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}

/** The quotient toward plus infinity; `divisor` is above zero. */
export function ceilDivide(value: bigint, divisor: bigint): bigint {
  return -floorDivide(-value, divisor);
}

/** The quotient to the nearest integer, halves away from zero; `divisor` is above zero. */
export function roundDivide(value: bigint, divisor: bigint): bigint {
  const magnitude = (2n * absolute(value) + divisor) / (2n * divisor);
  return value < 0n ? -magnitude : magnitude;
}

export interface DecimalFormat {
  /** Digits behind the point that are always written. */
  minimumDigits: number;
  /** Digits behind the point at most; what is beyond is rounded, halves away from zero. */
  maximumDigits: number;
  /** Thousands are separated by commas. */
  isGrouped?: boolean;
  /** Amounts above zero get a plus. */
  isSigned?: boolean;
  /** Stands between sign and digits: "$". */
  prefix?: string;
  /** The sign of negative amounts; as files want it: "-". */
  minus?: string;
}

/** `value` of a unit with `scale` digits behind the point as decimal text. */
export function formatDecimal(value: bigint, scale: number, format: DecimalFormat): string {
  const digits = Math.min(scale, format.maximumDigits);
  const rounded = roundDivide(value, 10n ** BigInt(scale - digits));
  const magnitude = absolute(rounded)
    .toString()
    .padStart(digits + 1, "0");
  const point = magnitude.length - digits;
  let whole = magnitude.slice(0, point);
  if (format.isGrouped) whole = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  let fraction = magnitude.slice(point);
  while (fraction.length > format.minimumDigits && fraction.endsWith("0")) {
    fraction = fraction.slice(0, -1);
  }
  fraction = fraction.padEnd(format.minimumDigits, "0");
  let sign = "";
  if (rounded < 0n) sign = format.minus ?? MINUS;
  if (rounded > 0n && format.isSigned) sign = "+";
  return `${sign}${format.prefix ?? ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** A price in dollars, to the whole cent or as fine as it is: "0.52", "0.525", "0.5225". */
export function formatPrice(micros: bigint, digits = 2): string {
  return formatDecimal(micros, 6, { minimumDigits: digits, maximumDigits: 6 });
}

/** Digits behind the point that every price of these steps needs: 2 for cents, at most 4. */
export function priceDigits(steps: readonly { stepMicros: bigint }[]): number {
  let digits = 2;
  for (const { stepMicros } of steps) {
    if (stepMicros % 10_000n !== 0n) digits = Math.max(digits, 3);
    if (stepMicros % 1_000n !== 0n) digits = 4;
  }
  return digits;
}

/** Money to the cent: "$1,234.50", "−$0.07". */
export function formatMoney(micros: bigint, isSigned = false): string {
  return formatDecimal(micros, 6, {
    minimumDigits: 2,
    maximumDigits: 2,
    isGrouped: true,
    isSigned,
    prefix: "$",
  });
}

/** Money to the last micro-dollar, without needless zeros: "$1,234.50", "$0.0175". */
export function formatExactMoney(micros: bigint, isSigned = false): string {
  return formatDecimal(micros, 6, {
    minimumDigits: 2,
    maximumDigits: 6,
    isGrouped: true,
    isSigned,
    prefix: "$",
  });
}

/** Whole things: "27,730". */
export function formatCount(count: bigint): string {
  return formatDecimal(count, 0, { minimumDigits: 0, maximumDigits: 0, isGrouped: true });
}

/** Contracts: "1,250", "0.5", "12.25". */
export function formatQuantity(centis: bigint, isSigned = false): string {
  return formatDecimal(centis, 2, {
    minimumDigits: 0,
    maximumDigits: 2,
    isGrouped: true,
    isSigned,
  });
}

/** A share of one, given in millionths, as "12.3%". */
export function formatPercent(millionths: bigint, digits = 1, isSigned = false): string {
  return `${formatDecimal(millionths, 4, { minimumDigits: digits, maximumDigits: digits, isSigned })}%`;
}

/** The YES price as a probability: "52%", "52.5%". */
export function formatProbability(priceMicros: bigint): string {
  return `${formatDecimal(priceMicros, 4, { minimumDigits: 0, maximumDigits: 2 })}%`;
}

/** For files: no grouping, no currency sign, ASCII minus. */
export function plainDecimal(value: bigint, scale: number): string {
  return formatDecimal(value, scale, { minimumDigits: 0, maximumDigits: scale, minus: "-" });
}

/**
 * Decimal text as an integer of `scale` digits behind the point. Commas may separate thousands; a
 * sign, an exponent or more digits than `scale` are refused.
 */
export function parseDecimal(text: string, scale: number, what: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: false, reason: `${what} is missing` };
  if (!/^(\d{1,3}(,\d{3})+|\d*)(\.\d*)?$/.test(trimmed) || !/\d/.test(trimmed)) {
    return { ok: false, reason: `${what} is not a number: ${trimmed.slice(0, 24)}` };
  }
  const [whole = "", fraction = ""] = trimmed.replaceAll(",", "").split(".");
  const digits = fraction.replace(/0+$/, "");
  if (digits.length > scale) {
    return { ok: false, reason: `${what} has more than ${scale} digits behind the point` };
  }
  if (whole.length > INTEGER_DIGITS_MAX) return { ok: false, reason: `${what} is too large` };
  return { ok: true, value: BigInt(whole + digits.padEnd(scale, "0")) };
}

/** Digits before the point that still fit the contract's int64 at six digits behind it. */
const INTEGER_DIGITS_MAX = 12;

/**
 * A price as people write it: "$0.52" and ".52" are dollars, "52¢" and "52c" cents. A bare number
 * below 1 is dollars, from 1 on cents, since no price is a dollar.
 */
export function parsePrice(text: string): Parsed {
  const trimmed = text.trim().toLowerCase();
  const isDollars = trimmed.startsWith("$");
  const isCents = /[c\u00a2]$/.test(trimmed);
  if (isDollars && isCents) {
    return { ok: false, reason: `Price is not a number: ${trimmed.slice(0, 24)}` };
  }
  const bare = trimmed.replace(/^\$/, "").replace(/[c\u00a2]$/, "");
  const asDollars = parseDecimal(bare, 6, "Price");
  if (!asDollars.ok) return asDollars;
  const inCents = isCents || (!isDollars && asDollars.value >= MICROS_PER_DOLLAR);
  const micros = inCents ? asDollars.value / 100n : asDollars.value;
  const isExact = !inCents || asDollars.value % 100n === 0n;
  if (!isExact || micros % PRICE_GRANULARITY_MICROS !== 0n) {
    return { ok: false, reason: "Price is finer than $0.0001" };
  }
  if (micros <= 0n || micros >= MICROS_PER_DOLLAR) {
    return { ok: false, reason: "Price is above $0 and below $1" };
  }
  return { ok: true, value: micros };
}

/** Contracts as people write them: "10", "1,250", "0.5". */
export function parseQuantity(text: string): Parsed {
  const parsed = parseDecimal(text, 2, "Count");
  if (parsed.ok && parsed.value === 0n) return { ok: false, reason: "Count is above zero" };
  return parsed;
}

/** Dollars as people write them: "$1,000.50". */
export function parseMoney(text: string): Parsed {
  return parseDecimal(text.trim().replace(/^\$/, ""), 6, "Amount");
}

/** Price times quantity: exact, since prices are whole units of 100 micro-dollars. */
export function amountOf(priceMicros: bigint, quantityCentis: bigint): bigint {
  return (priceMicros * quantityCentis) / CENTIS_PER_CONTRACT;
}

/** What a contract of the other side costs at this YES price. */
export function complement(priceMicros: bigint): bigint {
  return MICROS_PER_DOLLAR - priceMicros;
}

/** What a contract can pay: from $0 to $1, both included. */
export function parseDollarValue(text: string): Parsed {
  const parsed = parseMoney(text);
  if (parsed.ok && parsed.value > MICROS_PER_DOLLAR) {
    return { ok: false, reason: "A contract pays at most $1" };
  }
  return parsed;
}

/** As `parseDecimal`, at most `most`. */
export function parseDecimalOf(text: string, scale: number, what: string, most: bigint): Parsed {
  const parsed = parseDecimal(text, scale, what);
  if (parsed.ok && parsed.value > most) {
    return { ok: false, reason: `${what} is at most ${plainDecimal(most, scale)}` };
  }
  return parsed;
}
