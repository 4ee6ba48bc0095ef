// One account at the stand-in: enough of an exchange to see an order rest, move, fill and go. It
// fills at the recorded book's prices and takes nothing out of that book.

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BookSide, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import {
  type Fill,
  FillSchema,
  type Order,
  OrderSchema,
  OrderStatus,
  PositionSchema,
} from "@/gen/evx/exchange/v1/portfolio_pb";
import {
  type AmendOrder,
  type CommandResult,
  CommandResultSchema,
  type CreateOrder,
  type CreateOrderGroup,
  CreateOrderSchema,
} from "@/gen/evx/gateway/v1/commands_pb";
import { PortfolioSchema, PortfolioUpdateSchema } from "@/gen/evx/gateway/v1/portfolio_views_pb";
import type { StandInStream } from "./streams";
import type { Venue } from "./venue";

const CASH = 10_000_000_000n;

function now() {
  return timestampFromMs(Date.now());
}

export class Account {
  readonly orders = new Map<string, Order>();
  readonly fills: Fill[] = [];
  readonly orderGroups: { orderGroupId: string; limitCentis: bigint; triggered: boolean }[] = [
    {
      orderGroupId: "5d0c2b1e-0000-4000-8000-000000000001",
      limitCentis: 50_000n,
      triggered: false,
    },
  ];
  readonly #results = new Map<string, CommandResult>();
  #cash = CASH;
  #held = new Map<string, bigint>();
  #cost = new Map<string, bigint>();
  #sequence = 100n;
  #lastOrder = 0;
  stream: StandInStream | null = null;

  constructor(private readonly venue: Venue) {}

  /** A few orders, so that there is something to look at: some match, the others rest. */
  seed(): void {
    const order = (i: number, side: BookSide, cents: number, contracts: number) =>
      this.create(
        create(CreateOrderSchema, {
          commandId: `seed-${i}`,
          marketTicker: this.venue.deepTicker,
          side,
          priceMicros: BigInt(cents * 10_000),
          quantityCentis: BigInt(contracts * 100),
          timeInForce: TimeInForce.GOOD_TILL_CANCELED,
        }),
      );
    order(1, BookSide.BID, 95, 120);
    order(2, BookSide.BID, 80, 25);
    order(3, BookSide.BID, 77, 40);
    order(4, BookSide.BID, 70, 100);
    order(5, BookSide.ASK, 98, 60);
  }

  state() {
    return create(PortfolioSchema, {
      balance: this.#balance(),
      positions: this.#positions(),
      orders: [...this.orders.values()],
      queuePositions: this.#queue(),
      fills: this.fills.toReversed(),
      sequenceNumber: this.#sequence,
    });
  }

  createGroup({ commandId, limitCentis }: CreateOrderGroup): CommandResult {
    return this.#once(commandId, () => {
      const orderGroupId = `${this.orderGroups.length + 1}d0c2b1e-0000-4000-8000-000000000002`;
      this.orderGroups.push({ orderGroupId, limitCentis, triggered: false });
      return create(CommandResultSchema, { commandId, orderGroupId });
    });
  }

  create(command: CreateOrder): CommandResult {
    return this.#once(command.commandId, () => {
      this.#lastOrder += 1;
      const order = create(OrderSchema, {
        orderId: `order-${this.#lastOrder}`,
        clientOrderId: command.commandId,
        marketTicker: command.marketTicker,
        side: command.side,
        priceMicros: command.priceMicros,
        quantityCentis: command.quantityCentis,
        remainingQuantityCentis: command.quantityCentis,
        timeInForce: command.timeInForce,
        status: OrderStatus.RESTING,
        createTime: now(),
        updateTime: now(),
      });
      const filled = this.#match(order);
      const isResting =
        order.remainingQuantityCentis > 0n && order.timeInForce !== TimeInForce.IMMEDIATE_OR_CANCEL;
      if (isResting) this.orders.set(order.orderId, order);
      else {
        order.status =
          order.remainingQuantityCentis === 0n ? OrderStatus.EXECUTED : OrderStatus.CANCELED;
      }
      this.#tell([order], filled);
      return this.#result(command.commandId, [
        {
          orderId: order.orderId,
          marketTicker: order.marketTicker,
          filledQuantityCentis: order.filledQuantityCentis,
          remainingQuantityCentis: isResting ? order.remainingQuantityCentis : 0n,
        },
      ]);
    });
  }

  amend(command: AmendOrder): CommandResult {
    return this.#once(command.commandId, () => {
      const order = this.orders.get(command.orderId);
      if (order === undefined) return this.#refused(command.commandId, "OrderNotFound");
      order.priceMicros = command.priceMicros;
      order.quantityCentis = command.totalQuantityCentis;
      order.remainingQuantityCentis = command.totalQuantityCentis - order.filledQuantityCentis;
      order.updateTime = now();
      const filled = this.#match(order);
      if (order.remainingQuantityCentis === 0n) {
        order.status = OrderStatus.EXECUTED;
        this.orders.delete(order.orderId);
      }
      this.#tell([order], filled);
      return this.#result(command.commandId, [
        {
          orderId: order.orderId,
          marketTicker: order.marketTicker,
          remainingQuantityCentis: order.remainingQuantityCentis,
        },
      ]);
    });
  }

  cancel(commandId: string, orderIds: readonly string[]): CommandResult {
    return this.#once(commandId, () => {
      const gone = orderIds.flatMap((id) => this.orders.get(id) ?? []);
      const outcomes = gone.map((order) => {
        const canceled = order.remainingQuantityCentis;
        order.status = OrderStatus.CANCELED;
        order.remainingQuantityCentis = 0n;
        this.orders.delete(order.orderId);
        return {
          orderId: order.orderId,
          marketTicker: order.marketTicker,
          canceledQuantityCentis: canceled,
        };
      });
      this.#tell(gone, []);
      return this.#result(commandId, outcomes);
    });
  }

  cancelAll(commandId: string): CommandResult {
    return this.cancel(commandId, [...this.orders.keys()]);
  }

  #once(commandId: string, run: () => CommandResult): CommandResult {
    const before = this.#results.get(commandId);
    if (before !== undefined) return create(CommandResultSchema, { ...before, isRepeated: true });
    const result = run();
    this.#results.set(commandId, result);
    return result;
  }

  #match(order: Order): Fill[] {
    if (order.marketTicker !== this.venue.deepTicker) return [];
    const isBid = order.side === BookSide.BID;
    const levels = [...(isBid ? this.venue.asks : this.venue.bids)].sort((a, b) =>
      isBid ? a[0] - b[0] : b[0] - a[0],
    );
    const fills: Fill[] = [];
    for (const [price, size] of levels) {
      const isReached = isBid
        ? BigInt(price) <= order.priceMicros
        : BigInt(price) >= order.priceMicros;
      if (!isReached || order.remainingQuantityCentis === 0n) break;
      const rest = order.remainingQuantityCentis;
      const quantity = rest < BigInt(size) ? rest : BigInt(size);
      fills.push(this.#fill(order, BigInt(price), quantity));
    }
    return fills;
  }

  #fill(order: Order, price: bigint, quantity: bigint): Fill {
    this.#sequence += 1n;
    order.remainingQuantityCentis -= quantity;
    order.filledQuantityCentis += quantity;
    const fill = create(FillSchema, {
      tradeId: `own-${this.#sequence}`,
      orderId: order.orderId,
      marketTicker: order.marketTicker,
      side: order.side,
      isTaker: true,
      priceMicros: price,
      quantityCentis: quantity,
      feeMicros: (7n * quantity * price * (1_000_000n - price)) / 10_000_000_000n,
      createTime: now(),
      sequenceNumber: this.#sequence,
    });
    this.fills.push(fill);
    const sign = order.side === BookSide.BID ? 1n : -1n;
    const name = order.marketTicker;
    const paid = order.side === BookSide.BID ? price : 1_000_000n - price;
    this.#held.set(name, (this.#held.get(name) ?? 0n) + sign * quantity);
    this.#cost.set(name, (this.#cost.get(name) ?? 0n) + (paid * quantity) / 100n);
    this.#cash -= (paid * quantity) / 100n + fill.feeMicros;
    return fill;
  }

  #tell(orders: Order[], fills: Fill[]): void {
    this.#sequence += 1n;
    const value = create(PortfolioUpdateSchema, {
      balance: this.#balance(),
      positions: this.#positions(),
      orders,
      queuePositions: this.#queue(),
      fills,
      sequenceNumber: this.#sequence,
    });
    this.stream?.publish({ case: "updatePortfolio", value });
  }

  #balance() {
    let hold = 0n;
    for (const order of this.orders.values()) {
      const price =
        order.side === BookSide.BID ? order.priceMicros : 1_000_000n - order.priceMicros;
      hold += (price * order.remainingQuantityCentis) / 100n;
    }
    return { cashMicros: this.#cash, holdMicros: hold };
  }

  #positions() {
    return Array.from(this.#held, ([marketTicker, positionCentis]) =>
      create(PositionSchema, {
        marketTicker,
        positionCentis,
        exposureMicros: this.#cost.get(marketTicker) ?? 0n,
      }),
    );
  }

  /** Behind all that rests at its price. */
  #queue() {
    return Array.from(this.orders.values(), (order) => {
      const side = order.side === BookSide.BID ? this.venue.bids : this.venue.asks;
      const size = side.get(Number(order.priceMicros)) ?? 0;
      return { orderId: order.orderId, quantityAheadCentis: BigInt(size) };
    });
  }

  #result(commandId: string, orders: object[]): CommandResult {
    return create(CommandResultSchema, { commandId, orders, sequenceNumber: this.#sequence });
  }

  #refused(commandId: string, refusalReason: string): CommandResult {
    return create(CommandResultSchema, {
      commandId,
      refusalReason,
      refusalMessage: "There is no such order.",
    });
  }
}
