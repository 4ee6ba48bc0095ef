// Candles for drawing, continued by what happens now. Here prices become floating point: nothing but
// pixels is made of them.

import { BookSide } from "@/gen/evx/common/v1/common_pb";
import type { Fill, Order, Position } from "@/gen/evx/exchange/v1/portfolio_pb";
import type { Trade } from "@/gen/evx/gateway/v1/market_views_pb";
import type { Candle } from "@/gen/evx/marketdata/v1/candle_service_pb";
import { complement, roundDivide } from "../calculators/decimal";
import { averagePrice } from "../calculators/positions";

/** Lengths of a candle that the gateway knows, in seconds. */
export const CANDLE_PERIODS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400] as const;
export type CandlePeriod = (typeof CANDLE_PERIODS)[number];

export interface ChartCandle {
  /** Begin of the period in seconds since 1970: where it is drawn. */
  readonly time: number;
  /** Percent of a dollar; undefined: no trade. */
  readonly open: number | undefined;
  readonly high: number | undefined;
  readonly low: number | undefined;
  readonly close: number | undefined;
  /** The middle of the quotes at its end, in percent; undefined: a side was empty or not known. */
  readonly chance: number | undefined;
  /** Contracts. */
  readonly volume: number;
}

const MICROS_PER_PERCENT = 10_000;
const NS_PER_MS = 1_000_000n;

function percent(micros: bigint): number {
  return Number(micros) / MICROS_PER_PERCENT;
}

function chanceOf({ bid, ask }: Candle): number | undefined {
  if (bid === undefined || ask === undefined) return undefined;
  const isWhole = bid.closeMicros > 0n && ask.closeMicros < 1_000_000n;
  return isWhole ? percent(bid.closeMicros + ask.closeMicros) / 2 : undefined;
}

export function toChartCandles(candles: readonly Candle[], period: number): ChartCandle[] {
  return candles.flatMap((candle) => {
    if (candle.endTime === undefined) return [];
    const { trade } = candle;
    return [
      {
        time: Number(candle.endTime.seconds) - period,
        open: trade && percent(trade.openMicros),
        high: trade && percent(trade.highMicros),
        low: trade && percent(trade.lowMicros),
        close: trade && percent(trade.closeMicros),
        chance: chanceOf(candle),
        volume: Number(candle.volumeCentis) / 100,
      },
    ];
  });
}

/** Begin of the period that a moment belongs to: a period includes its end. */
export function periodStart(timeNs: bigint, period: number): number {
  const seconds = Number(timeNs / NS_PER_MS) / 1000;
  return Math.ceil(seconds / period) * period - period;
}

function blank(time: number): ChartCandle {
  return {
    time,
    open: undefined,
    high: undefined,
    low: undefined,
    close: undefined,
    chance: undefined,
    volume: 0,
  };
}

/** The candle that a change belongs to; undefined: it is of a period before the newest one. */
function candleAt(candles: readonly ChartCandle[], time: number): ChartCandle | undefined {
  const last = candles.at(-1);
  if (last === undefined || time > last.time) return blank(time);
  return time === last.time ? last : undefined;
}

/** The newest candle after a trade of now. */
export function withTrade(
  candles: readonly ChartCandle[],
  trade: Pick<Trade, "priceMicros" | "quantityCentis" | "eventTimeNs">,
  period: number,
): ChartCandle | undefined {
  const candle = candleAt(candles, periodStart(trade.eventTimeNs, period));
  if (candle === undefined) return undefined;
  const price = percent(trade.priceMicros);
  return {
    ...candle,
    open: candle.open ?? price,
    high: Math.max(candle.high ?? price, price),
    low: Math.min(candle.low ?? price, price),
    close: price,
    volume: candle.volume + Number(trade.quantityCentis) / 100,
  };
}

/** The newest candle after a change of the quotes. */
export function withChance(
  candles: readonly ChartCandle[],
  impliedMicros: bigint,
  timeNs: bigint,
  period: number,
): ChartCandle | undefined {
  const candle = candleAt(candles, periodStart(timeNs, period));
  return candle === undefined ? undefined : { ...candle, chance: percent(impliedMicros) };
}

/** Own fills of one side in one candle. */
export interface FillMark {
  /** Of the candle. */
  readonly time: number;
  /** YES was bought. */
  readonly isBid: boolean;
  readonly quantityCentis: bigint;
  readonly averageMicros: bigint;
  readonly fillCount: number;
}

/** The own fills of a market by candle and side, oldest first. */
export function fillMarks(
  fills: readonly Fill[],
  marketTicker: string,
  period: number,
): FillMark[] {
  const marks = new Map<string, FillMark & { amount: bigint }>();
  for (const fill of fills) {
    if (fill.marketTicker !== marketTicker || fill.createTime === undefined) continue;
    const { seconds, nanos } = fill.createTime;
    const time = periodStart(seconds * 1_000_000_000n + BigInt(nanos), period);
    const isBid = fill.side === BookSide.BID;
    const key = `${time}/${isBid}`;
    const before = marks.get(key);
    const quantityCentis = (before?.quantityCentis ?? 0n) + fill.quantityCentis;
    if (quantityCentis === 0n) continue;
    const amount = (before?.amount ?? 0n) + fill.priceMicros * fill.quantityCentis;
    marks.set(key, {
      time,
      isBid,
      quantityCentis,
      amount,
      averageMicros: roundDivide(amount, quantityCentis),
      fillCount: (before?.fillCount ?? 0) + 1,
    });
  }
  return [...marks.values()]
    .map(({ amount: _, ...mark }) => mark)
    .sort((a, b) => a.time - b.time || Number(a.isBid) - Number(b.isBid));
}

/** A price of the own account in the chart: what was paid for the position, or what rests there. */
export interface OwnLine {
  readonly kind: "position" | "bid" | "ask";
  /** Of the YES contract. */
  readonly priceMicros: bigint;
  readonly quantityCentis: bigint;
}

/** The own prices of a market: its positions at their average cost, its orders by price and side. */
export function ownLines(
  positions: readonly Position[],
  orders: readonly Order[],
  marketTicker: string,
): OwnLine[] {
  const lines: OwnLine[] = [];
  for (const position of positions) {
    if (position.marketTicker !== marketTicker) continue;
    const { positionCentis: netCentis, exposureMicros: costMicros } = position;
    const average = averagePrice({ netCentis, costMicros });
    if (average === undefined) continue;
    const priceMicros = netCentis > 0n ? average : complement(average);
    lines.push({ kind: "position", priceMicros, quantityCentis: netCentis });
  }
  const byPrice = new Map<string, OwnLine>();
  for (const order of orders) {
    if (order.marketTicker !== marketTicker) continue;
    const kind = order.side === BookSide.BID ? "bid" : "ask";
    const key = `${kind}/${order.priceMicros}`;
    const quantityCentis = (byPrice.get(key)?.quantityCentis ?? 0n) + order.remainingQuantityCentis;
    byPrice.set(key, { kind, priceMicros: order.priceMicros, quantityCentis });
  }
  return [...lines, ...byPrice.values()];
}

/** A YES price where the chart draws it, in percent. */
export function chartPrice(micros: bigint): number {
  return percent(micros);
}
