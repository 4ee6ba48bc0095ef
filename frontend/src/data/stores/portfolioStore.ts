import type { Fill, Order, Position } from "@/gen/evx/exchange/v1/portfolio_pb";
import { OrderStatus } from "@/gen/evx/exchange/v1/portfolio_pb";
import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type {
  Balance,
  Portfolio,
  PortfolioUpdate,
  QueuePosition,
  Settlement,
} from "@/gen/evx/gateway/v1/portfolio_views_pb";
import type { StreamClient } from "../stream/streamClient";
import { StreamStore } from "./streamStore";

/** So many of the newest fills and settlements are kept; older ones come by request. */
export const FILLS_KEPT = 1_000;

/** The own account as of now. */
export interface PortfolioView {
  readonly balance: Balance | undefined;
  /** Positions that are not zero, by market; of all subaccounts. */
  readonly positions: readonly Position[];
  /** Orders that rest, newest first. */
  readonly orders: readonly Order[];
  /** What is matched before an order, in hundredths of a contract, by its id. */
  readonly queueAhead: ReadonlyMap<string, bigint>;
  /** The newest fills, newest first. */
  readonly fills: readonly Fill[];
  /** What was paid out since the page was opened, newest first. */
  readonly settlements: readonly Settlement[];
  readonly sequenceNumber: bigint;
}

function fillKey(fill: Fill): string {
  return `${fill.tradeId}/${fill.orderId}`;
}

function newestFirst(a: { sequenceNumber: bigint }, b: { sequenceNumber: bigint }): number {
  return a.sequenceNumber < b.sequenceNumber ? 1 : -1;
}

export class PortfolioStore extends StreamStore<PortfolioView> {
  #balance: Balance | undefined;
  #positions = new Map<string, Position>();
  #orders = new Map<string, Order>();
  #queue = new Map<string, bigint>();
  /** Newest first. */
  #fills: Fill[] = [];
  #fillKeys = new Set<string>();
  #settlements: Settlement[] = [];
  #sequenceNumber = 0n;

  /** Somebody waits for what becomes of an order. */
  constructor(client: Pick<StreamClient, "subscribe">, name: string) {
    super(client, name, { isPrompt: true });
  }

  protected override replace(state: InitialState["state"]): void {
    if (state.case !== "portfolio") return;
    const settlements = this.#settlements;
    this.clear();
    this.#settlements = settlements;
    const portfolio: Portfolio = state.value;
    this.#balance = portfolio.balance;
    this.#takePositions(portfolio.positions);
    this.#takeOrders(portfolio.orders);
    this.#takeQueue(portfolio.queuePositions);
    this.#fills = portfolio.fills.slice(0, FILLS_KEPT);
    this.#fillKeys = new Set(this.#fills.map(fillKey));
    this.#sequenceNumber = portfolio.sequenceNumber;
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case !== "updatePortfolio") return;
    const update: PortfolioUpdate = payload.value;
    this.#balance = update.balance ?? this.#balance;
    this.#takePositions(update.positions);
    this.#takeOrders(update.orders);
    this.#takeQueue(update.queuePositions);
    this.#takeFills(update.fills);
    this.#settlements = [...update.settlements.toReversed(), ...this.#settlements].slice(
      0,
      FILLS_KEPT,
    );
    this.#sequenceNumber = update.sequenceNumber;
  }

  protected override build(): PortfolioView {
    return {
      balance: this.#balance,
      positions: [...this.#positions.values()].sort((a, b) =>
        a.marketTicker < b.marketTicker ? -1 : 1,
      ),
      orders: [...this.#orders.values()].sort(newestFirst),
      queueAhead: new Map(this.#queue),
      fills: [...this.#fills],
      settlements: this.#settlements,
      sequenceNumber: this.#sequenceNumber,
    };
  }

  protected override clear(): void {
    this.#balance = undefined;
    this.#positions.clear();
    this.#orders.clear();
    this.#queue.clear();
    this.#fills = [];
    this.#fillKeys.clear();
    this.#settlements = [];
  }

  #takePositions(positions: readonly Position[]): void {
    for (const position of positions) {
      const key = `${position.marketTicker}/${position.subaccount}`;
      if (position.positionCentis === 0n) this.#positions.delete(key);
      else this.#positions.set(key, position);
    }
  }

  #takeOrders(orders: readonly Order[]): void {
    for (const order of orders) {
      if (order.status === OrderStatus.RESTING) {
        this.#orders.set(order.orderId, order);
      } else {
        this.#orders.delete(order.orderId);
        this.#queue.delete(order.orderId);
      }
    }
  }

  #takeQueue(places: readonly QueuePosition[]): void {
    for (const place of places) {
      if (this.#orders.has(place.orderId)) {
        this.#queue.set(place.orderId, place.quantityAheadCentis);
      }
    }
  }

  #takeFills(fills: readonly Fill[]): void {
    for (const fill of fills) {
      const key = fillKey(fill);
      if (this.#fillKeys.has(key)) continue;
      this.#fillKeys.add(key);
      this.#fills.unshift(fill);
    }
    while (this.#fills.length > FILLS_KEPT) {
      const gone = this.#fills.pop();
      if (gone !== undefined) this.#fillKeys.delete(fillKey(gone));
    }
  }
}
