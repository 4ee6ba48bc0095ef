// The own account: its state, how updates change it, and what tables show of it.
//
// A state is never changed in place: what an update does not touch stays the same object, so that
// a view which shows only orders is not drawn for a change of the balance.

import { BookSide, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import {
  type Fill,
  type Order,
  OrderStatus,
  type Position,
} from "@/gen/evx/exchange/v1/portfolio_pb";
import type { MarketRow } from "@/gen/evx/gateway/v1/market_views_pb";
import type {
  Balance,
  Portfolio,
  PortfolioUpdate,
  Settlement,
} from "@/gen/evx/gateway/v1/portfolio_views_pb";
import { type ExposedPosition, eventExposures } from "../calculators/exposure";
import {
  averagePrice,
  type Holding,
  markedValue,
  markPrice,
  unrealizedProfit,
} from "../calculators/positions";

/** Newest fills and settlements that are kept here; older ones are asked for in pages. */
export const FILL_COUNT_MAX = 1_000;
export const SETTLEMENT_COUNT_MAX = 1_000;

export interface AccountState {
  readonly balance: Balance | undefined;
  /** By `positionKey`. */
  readonly positions: ReadonlyMap<string, Position>;
  /** Orders that rest, by order id. */
  readonly orders: ReadonlyMap<string, Order>;
  /** What rests before an own order, by order id, in hundredths of a contract. */
  readonly queueAhead: ReadonlyMap<string, bigint>;
  /** Newest first. */
  readonly fills: readonly Fill[];
  /** What was paid out since the page was opened, newest first. */
  readonly settlements: readonly Settlement[];
  readonly sequenceNumber: bigint;
}

export const EMPTY_ACCOUNT: AccountState = {
  balance: undefined,
  positions: new Map(),
  orders: new Map(),
  queueAhead: new Map(),
  fills: [],
  settlements: [],
  sequenceNumber: 0n,
};

export function positionKey(position: Pick<Position, "subaccount" | "marketTicker">): string {
  return `${position.subaccount}/${position.marketTicker}`;
}

function fillKey(fill: Fill): string {
  return `${fill.tradeId}/${fill.orderId}`;
}

/** The state that the stream begins with; settlements that were seen before stay. */
export function accountOf(
  portfolio: Portfolio,
  before: AccountState = EMPTY_ACCOUNT,
): AccountState {
  return {
    balance: portfolio.balance,
    positions: new Map(portfolio.positions.map((one) => [positionKey(one), one])),
    orders: new Map(portfolio.orders.map((order) => [order.orderId, order])),
    queueAhead: new Map(
      portfolio.queuePositions.map((one) => [one.orderId, one.quantityAheadCentis]),
    ),
    fills: portfolio.fills.slice(0, FILL_COUNT_MAX),
    settlements: before.settlements,
    sequenceNumber: portfolio.sequenceNumber,
  };
}

function changed<Value>(
  map: ReadonlyMap<string, Value>,
  values: readonly Value[],
  keyOf: (value: Value) => string,
  isGone: (value: Value) => boolean,
): ReadonlyMap<string, Value> {
  if (values.length === 0) return map;
  const next = new Map(map);
  for (const value of values) {
    if (isGone(value)) next.delete(keyOf(value));
    else next.set(keyOf(value), value);
  }
  return next;
}

export function applyPortfolioUpdate(state: AccountState, update: PortfolioUpdate): AccountState {
  const orders = changed(
    state.orders,
    update.orders,
    (order) => order.orderId,
    (order) => order.status !== OrderStatus.RESTING,
  );
  let queueAhead = state.queueAhead;
  if (update.queuePositions.length > 0 || update.orders.length > 0) {
    const next = new Map(queueAhead);
    for (const one of update.queuePositions) next.set(one.orderId, one.quantityAheadCentis);
    for (const orderId of next.keys()) if (!orders.has(orderId)) next.delete(orderId);
    queueAhead = next;
  }
  let fills = state.fills;
  if (update.fills.length > 0) {
    const known = new Set(fills.map(fillKey));
    const fresh = update.fills.filter((fill) => !known.has(fillKey(fill)));
    fills = [...fresh.reverse(), ...fills].slice(0, FILL_COUNT_MAX);
  }
  return {
    balance: update.balance ?? state.balance,
    positions: changed(
      state.positions,
      update.positions,
      positionKey,
      (position) => position.positionCentis === 0n,
    ),
    orders,
    queueAhead,
    fills,
    settlements:
      update.settlements.length === 0
        ? state.settlements
        : [...update.settlements.toReversed(), ...state.settlements].slice(0, SETTLEMENT_COUNT_MAX),
    sequenceNumber: update.sequenceNumber,
  };
}

/** Finds what is known of a market. */
export type MarketFinder = (marketTicker: string) => MarketRow | undefined;

export function availableCash(balance: Balance | undefined): bigint | undefined {
  return balance === undefined ? undefined : balance.cashMicros - balance.holdMicros;
}

/** What the account holds in one market, over its subaccounts. */
export function holdingOf(state: AccountState, marketTicker: string): Holding {
  let netCentis = 0n;
  let costMicros = 0n;
  for (const position of state.positions.values()) {
    if (position.marketTicker !== marketTicker) continue;
    netCentis += position.positionCentis;
    costMicros += position.exposureMicros;
  }
  return { netCentis, costMicros };
}

export function ordersOfMarket(state: AccountState, marketTicker: string): Order[] {
  return [...state.orders.values()].filter((order) => order.marketTicker === marketTicker);
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
export function marketTitle(row: MarketRow | undefined): string {
  const market = row?.market;
  if (market === undefined) return "";
  return market.subtitle === "" ? market.title : `${market.title} \u00b7 ${market.subtitle}`;
}

function positionRow(position: Position, row: MarketRow | undefined): PositionRow {
  const holding = {
    netCentis: position.positionCentis,
    costMicros: position.exposureMicros,
  };
  const yesMark = markPrice(holding.netCentis, row?.ticker);
  const isYes = holding.netCentis > 0n;
  return {
    key: positionKey(position),
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
export function positionRows(
  positions: AccountState["positions"],
  find: MarketFinder,
): PositionRow[] {
  return [...positions.values()]
    .map((position) => positionRow(position, find(position.marketTicker)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Sums of the whole account. */
export interface AccountTotals {
  cashMicros: bigint | undefined;
  holdMicros: bigint | undefined;
  availableMicros: bigint | undefined;
  /** Cash and positions at their marks. */
  equityMicros: bigint | undefined;
  /** Of the positions that have a mark. */
  positionValueMicros: bigint;
  unrealizedMicros: bigint;
  realizedMicros: bigint;
  feesMicros: bigint;
  positionCount: number;
  /** Positions that nobody bids for: they count as worth nothing here. */
  unmarkedCount: number;
}

export function accountTotals(
  balance: Balance | undefined,
  rows: readonly PositionRow[],
): AccountTotals {
  const sum = (pick: (row: PositionRow) => bigint | undefined) =>
    rows.reduce((total, row) => total + (pick(row) ?? 0n), 0n);
  const positionValueMicros = sum((row) => row.valueMicros);
  return {
    cashMicros: balance?.cashMicros,
    holdMicros: balance?.holdMicros,
    availableMicros: availableCash(balance),
    equityMicros: balance === undefined ? undefined : balance.cashMicros + positionValueMicros,
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

/** Orders newest first. */
export function orderList(orders: AccountState["orders"]): Order[] {
  return [...orders.values()].sort((a, b) => {
    const left = timestampNs(a.createTime);
    const right = timestampNs(b.createTime);
    if (left !== right) return left < right ? 1 : -1;
    return a.orderId < b.orderId ? 1 : -1;
  });
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
