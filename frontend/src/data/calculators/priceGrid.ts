// The prices that a market accepts.
//
// Valid are start, start + step, ... up to the end of each band, without $0 and $1; neighbouring
// bands share their boundary. Bands come with the market; nothing here knows a structure by name.

import { formatPrice, MICROS_PER_DOLLAR } from "./decimal";

/** Prices from `startMicros` to `endMicros` in steps of `stepMicros`, lowest band first. */
export interface PriceBand {
  startMicros: bigint;
  endMicros: bigint;
  stepMicros: bigint;
}

type Bands = readonly PriceBand[];

/** The highest valid price at or below `micros`; undefined: all lie above it. */
export function floorPrice(bands: Bands, micros: bigint): bigint | undefined {
  for (let i = bands.length - 1; i >= 0; i -= 1) {
    const band = bands[i] as PriceBand;
    if (band.stepMicros <= 0n || micros < band.startMicros) continue;
    const within = micros < band.endMicros ? micros : band.endMicros;
    let price = within - ((within - band.startMicros) % band.stepMicros);
    if (price >= MICROS_PER_DOLLAR) price -= band.stepMicros;
    if (price > 0n && price >= band.startMicros) return price;
  }
  return undefined;
}

/** The lowest valid price at or above `micros`; undefined: all lie below it. */
export function ceilPrice(bands: Bands, micros: bigint): bigint | undefined {
  for (const band of bands) {
    if (band.stepMicros <= 0n || micros > band.endMicros) continue;
    const within = micros > band.startMicros ? micros : band.startMicros;
    const remainder = (within - band.startMicros) % band.stepMicros;
    let price = remainder === 0n ? within : within + band.stepMicros - remainder;
    if (price <= 0n) price += band.stepMicros;
    if (price < MICROS_PER_DOLLAR && price <= band.endMicros) return price;
  }
  return undefined;
}

export function isValidPrice(bands: Bands, micros: bigint): boolean {
  return floorPrice(bands, micros) === micros;
}

export function lowestPrice(bands: Bands): bigint | undefined {
  return ceilPrice(bands, 0n);
}

export function highestPrice(bands: Bands): bigint | undefined {
  return floorPrice(bands, MICROS_PER_DOLLAR);
}

/** `ticks` valid prices up (or down, when negative), held at the ends of the grid. */
export function stepPrice(bands: Bands, micros: bigint, ticks: number): bigint | undefined {
  let price = ticks < 0 ? ceilPrice(bands, micros) : floorPrice(bands, micros);
  price ??= ticks < 0 ? highestPrice(bands) : lowestPrice(bands);
  for (let i = 0; price !== undefined && i < Math.abs(ticks); i += 1) {
    const next: bigint | undefined =
      ticks < 0 ? floorPrice(bands, price - 1n) : ceilPrice(bands, price + 1n);
    if (next === undefined) return price;
    price = next;
  }
  return price;
}

/** The valid price nearest to `micros`; of two as near, the lower one. */
export function nearestPrice(bands: Bands, micros: bigint): bigint | undefined {
  const below = floorPrice(bands, micros);
  const above = ceilPrice(bands, micros);
  if (below === undefined || above === undefined) return below ?? above;
  return above - micros < micros - below ? above : below;
}

/** Every valid price, lowest first: at most 9,999. */
export function allPrices(bands: Bands): bigint[] {
  const prices: bigint[] = [];
  let price = lowestPrice(bands);
  while (price !== undefined) {
    prices.push(price);
    price = ceilPrice(bands, price + 1n);
  }
  return prices;
}

/** Why `micros` is no valid price, with the nearest ones; undefined: it is valid. */
export function priceError(bands: Bands, micros: bigint): string | undefined {
  const below = floorPrice(bands, micros);
  if (below === micros) return undefined;
  const above = ceilPrice(bands, micros);
  const near = [below, above]
    .filter((price) => price !== undefined)
    .map((price) => formatPrice(price))
    .join(" and ");
  return near === ""
    ? "No price of this market is known"
    : `Price ${formatPrice(micros)} is off the tick grid; nearest: ${near}`;
}
