// What tables and sums show of the own account.

import { BookSide, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import { OrderStatus, type Position } from "@/gen/evx/exchange/v1/portfolio_pb";
import type { Market, MarketTicker } from "@/gen/evx/gateway/v1/market_views_pb";
import type { Balance } from "@/gen/evx/gateway/v1/portfolio_views_pb";
import { type ExposedPosition, eventExposures } from "../calculators/exposure";
import {
  averagePrice,
  type Holding,
  markedValue,
  markPrice,
  unrealizedProfit,
} from "../calculators/positions";

/** Finds what is known of a market. */
export type MarketFinder = (marketTicker: string) => KnownMarket | undefined;

/** A market's facts and its prices, as far as they are known. */
export interface KnownMarket {
  market?: Market | undefined;
  ticker?: MarketTicker | undefined;
}

export function availableCash(balance: Balance | undefined): bigint | undefined {
  return balance === undefined ? undefined : balance.cashMicros - balance.holdMicros;
}

/** What the account holds in one market, over its subaccounts. */
export function holdingOf(positions: readonly Position[], marketTicker: string): Holding {
  let netCentis = 0n;
  let costMicros = 0n;
  for (const position of positions) {
    if (position.marketTicker !== marketTicker) continue;
    netCentis += position.positionCentis;
    costMicros += position.exposureMicros;
  }
  return { netCentis, costMicros };
}

/** One line of the table of positions. */
export interface PositionRow {
  key: string;
  marketTicker: string;
  eventTicker: string;
  title: string;
  isMutuallyExclusive: boolean;
  netCentis: bigint;
  costMicros: bigint;
  averageMicros: bigint | undefined;
  /** Price of the held contract (YES or NO) at which it is marked; undefined: nobody bids. */
  markMicros: bigint | undefined;
  valueMicros: bigint | undefined;
  unrealizedMicros: bigint | undefined;
  realizedMicros: bigint;
  feesMicros: bigint;
}

/** How a market is named in a table: its event's title and what distinguishes it there. */
export function marketTitle(row: KnownMarket | undefined): string {
  const market = row?.market;
  if (market === undefined) return "";
  return market.subtitle === "" ? market.title : `${market.title} \u00b7 ${market.subtitle}`;
}

function positionRow(position: Position, row: KnownMarket | undefined): PositionRow {
  const holding = {
    netCentis: position.positionCentis,
    costMicros: position.exposureMicros,
  };
  const yesMark = markPrice(holding.netCentis, row?.ticker);
  const isYes = holding.netCentis > 0n;
  return {
    key: `${position.marketTicker}/${position.subaccount}`,
    marketTicker: position.marketTicker,
    eventTicker: row?.market?.eventTicker ?? "",
    title: marketTitle(row),
    isMutuallyExclusive: row?.market?.mutuallyExclusive ?? false,
    ...holding,
    averageMicros: averagePrice(holding),
    markMicros: yesMark === undefined || isYes ? yesMark : 1_000_000n - yesMark,
    valueMicros: yesMark === undefined ? undefined : markedValue(holding.netCentis, yesMark),
    unrealizedMicros: yesMark === undefined ? undefined : unrealizedProfit(holding, yesMark),
    realizedMicros: position.realizedPnlMicros,
    feesMicros: position.feesPaidMicros,
  };
}

/** Every open position, by market. */
export function positionRows(positions: readonly Position[], find: MarketFinder): PositionRow[] {
  return positions
    .map((position) => positionRow(position, find(position.marketTicker)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Sums of the whole account; undefined: nothing is known of it. */
export interface AccountTotals {
  cashMicros: bigint | undefined;
  holdMicros: bigint | undefined;
  availableMicros: bigint | undefined;
  /** Cash and positions at their marks. */
  equityMicros: bigint | undefined;
  /** Of the positions that have a mark. */
  positionValueMicros: bigint | undefined;
  unrealizedMicros: bigint | undefined;
  /** Of the markets with an open position, as their fees: what was closed or paid out is not in it. */
  realizedMicros: bigint | undefined;
  feesMicros: bigint | undefined;
  positionCount: number;
  /** Positions that nobody bids for: they count as worth nothing here. */
  unmarkedCount: number;
}

export function accountTotals(
  balance: Balance | undefined,
  rows: readonly PositionRow[],
): AccountTotals {
  const sum = (pick: (row: PositionRow) => bigint | undefined) =>
    balance && rows.reduce((total, row) => total + (pick(row) ?? 0n), 0n);
  const positionValueMicros = sum((row) => row.valueMicros);
  return {
    cashMicros: balance?.cashMicros,
    holdMicros: balance?.holdMicros,
    availableMicros: availableCash(balance),
    equityMicros: balance && balance.cashMicros + (positionValueMicros ?? 0n),
    positionValueMicros,
    unrealizedMicros: sum((row) => row.unrealizedMicros),
    realizedMicros: sum((row) => row.realizedMicros),
    feesMicros: sum((row) => row.feesMicros),
    positionCount: rows.length,
    unmarkedCount: rows.filter((row) => row.valueMicros === undefined).length,
  };
}

/** The exposure table of these positions. */
export function exposureRows(rows: readonly PositionRow[], find: MarketFinder) {
  const positions: ExposedPosition[] = rows.map((row) => ({
    marketTicker: row.marketTicker,
    eventTicker: row.eventTicker,
    netCentis: row.netCentis,
    costMicros: row.costMicros,
    quote: find(row.marketTicker)?.ticker,
    isMutuallyExclusive: row.isMutuallyExclusive,
  }));
  return eventExposures(positions);
}

/** A timestamp of Protobuf in nanoseconds since 1970; 0: it is not set. */
export function timestampNs(timestamp: { seconds: bigint; nanos: number } | undefined): bigint {
  return timestamp === undefined
    ? 0n
    : timestamp.seconds * 1_000_000_000n + BigInt(timestamp.nanos);
}

/** "Buy YES" and "Buy NO": what an order of this side of the book acquires. */
export function sideText(side: BookSide): string {
  switch (side) {
    case BookSide.BID:
      return "YES";
    case BookSide.ASK:
      return "NO";
    case BookSide.UNSPECIFIED:
      return "";
  }
}

export function timeInForceText(timeInForce: TimeInForce): string {
  switch (timeInForce) {
    case TimeInForce.GOOD_TILL_CANCELED:
      return "GTC";
    case TimeInForce.IMMEDIATE_OR_CANCEL:
      return "IOC";
    case TimeInForce.FILL_OR_KILL:
      return "FOK";
    case TimeInForce.UNSPECIFIED:
      return "";
  }
}

export function orderStatusText(status: OrderStatus): string {
  switch (status) {
    case OrderStatus.RESTING:
      return "resting";
    case OrderStatus.EXECUTED:
      return "executed";
    case OrderStatus.CANCELED:
      return "canceled";
    case OrderStatus.UNSPECIFIED:
      return "";
  }
}

/** Nanoseconds since 1970 as a timestamp of Protobuf. */
export function timestampOf(timeNs: bigint): { seconds: bigint; nanos: number } {
  return { seconds: timeNs / 1_000_000_000n, nanos: Number(timeNs % 1_000_000_000n) };
}
