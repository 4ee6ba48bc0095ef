import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { OrderStatus } from "@/gen/evx/exchange/v1/portfolio_pb";
import {
  type InitialState,
  InitialStateSchema,
  type ServerMessage,
  ServerMessageSchema,
} from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { StreamConsumer } from "../stream/streamClient";
import { BookStore } from "./bookStore";
import { flushFrames } from "./frame";
import { MarketsStore } from "./marketsStore";
import { PortfolioStore } from "./portfolioStore";
import { SPARKS_KEPT, SparkStore } from "./sparkStore";
import { TRADES_KEPT, TradesStore } from "./tradesStore";

type StateInit = NonNullable<MessageInitShape<typeof InitialStateSchema>["state"]>;
type PayloadInit = NonNullable<MessageInitShape<typeof ServerMessageSchema>["payload"]>;

/** For a machine that compiles beside. */
const PATIENCE = { timeout: 20_000 };

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
});

function state(init: StateInit): InitialState["state"] {
  return create(InitialStateSchema, { state: init }).state;
}

function change(init: PayloadInit): ServerMessage["payload"] {
  return create(ServerMessageSchema, { payload: init }).payload;
}

class FakeClient {
  consumer: StreamConsumer | null = null;
  endedCount = 0;
  subscribe(_: string, consumer: StreamConsumer): () => void {
    this.consumer = consumer;
    return () => {
      this.endedCount += 1;
    };
  }
}

describe("BookStore", () => {
  it("after any changes shows what a map of levels would hold, best first", () => {
    const level = fc.record({
      side: fc.constantFrom(BookSide.BID, BookSide.ASK),
      priceMicros: fc.bigInt({ min: 1n, max: 12n }).map((cents) => cents * 10_000n),
      quantityCentis: fc.bigInt({ min: 0n, max: 3n }),
    });
    const update = fc.record({ levels: fc.array(level), isWhole: fc.boolean() });
    fc.assert(
      fc.property(fc.array(update), (updates) => {
        const store = new BookStore(new FakeClient(), "book:X");
        store.onState(state({ case: "book", value: { marketTicker: "X" } }));
        const reference = new Map<string, bigint>();
        for (const { levels, isWhole } of updates) {
          store.onChange(change({ case: "bookUpdate", value: { levels, isWhole } }));
          if (isWhole) reference.clear();
          for (const { side, priceMicros, quantityCentis } of levels) {
            reference.set(`${side} ${priceMicros}`, quantityCentis);
          }
        }
        const view = store.getSnapshot().value.data;
        const shown = (
          side: BookSide,
          list: typeof view extends undefined ? never : NonNullable<typeof view>["bids"],
        ) => list.map((each) => [`${side} ${each.priceMicros}`, each.quantityCentis]);
        const all = [
          ...shown(BookSide.BID, view?.bids ?? []),
          ...shown(BookSide.ASK, view?.asks ?? []),
        ];
        expect(new Map(all as [string, bigint][])).toEqual(
          new Map([...reference].filter(([, quantity]) => quantity > 0n)),
        );
        const prices = view?.bids.map((each) => each.priceMicros) ?? [];
        expect(prices).toEqual(prices.toSorted((a, b) => (a > b ? -1 : 1)));
      }),
    );
  });
});

describe("TradesStore", () => {
  it("shows each trade once, newest first, and keeps so many", () => {
    const store = new TradesStore(new FakeClient(), "trades:X");
    store.onState(
      state({ case: "trades", value: { trades: [{ tradeId: "a" }, { tradeId: "b" }] } }),
    );
    store.onChange(
      change({ case: "trades", value: { trades: [{ tradeId: "b" }, { tradeId: "c" }] } }),
    );
    expect(store.getSnapshot().value.data?.map((trade) => trade.tradeId)).toEqual(["c", "b", "a"]);
    const many = Array.from({ length: TRADES_KEPT }, (_, index) => ({ tradeId: `t${index}` }));
    store.onChange(change({ case: "trades", value: { trades: many } }));
    expect(store.getSnapshot().value.data).toHaveLength(TRADES_KEPT);
  });
});

describe("PortfolioStore", () => {
  it("drops what does not rest any more, and counts a fill once", () => {
    const store = new PortfolioStore(new FakeClient(), "portfolio");
    const order = { orderId: "o", status: OrderStatus.RESTING, sequenceNumber: 1n };
    store.onState(
      state({
        case: "portfolio",
        value: { orders: [order], queuePositions: [{ orderId: "o", quantityAheadCentis: 7n }] },
      }),
    );
    expect(store.getSnapshot().value.data?.queueAhead.get("o")).toBe(7n);
    const fill = { tradeId: "t", orderId: "o" };
    const value = {
      orders: [{ ...order, status: OrderStatus.EXECUTED }],
      fills: [fill, fill],
      positions: [{ marketTicker: "X", positionCentis: 100n }],
    };
    store.onChange(change({ case: "updatePortfolio", value }));
    const view = store.getSnapshot().value.data;
    expect(view?.orders).toEqual([]);
    expect(view?.queueAhead.size).toBe(0);
    expect(view?.fills).toHaveLength(1);
    expect(view?.positions).toHaveLength(1);
    const gone = { positions: [{ marketTicker: "X", positionCentis: 0n }] };
    store.onChange(change({ case: "updatePortfolio", value: gone }));
    expect(store.getSnapshot().value.data?.positions).toEqual([]);
  });
});

describe("MarketsStore", () => {
  it("tells a row of its own changes alone, once a frame", () => {
    const store = new MarketsStore(new FakeClient(), "markets");
    const rows = ["A", "B"].map((marketTicker) => ({ market: { marketTicker } }));
    store.onState(state({ case: "markets", value: { rows } }));
    flushFrames();
    const onA = vi.fn();
    const onB = vi.fn();
    store.onEntry("A", onA);
    store.onEntry("B", onB);
    const version = store.catalogueVersion();
    for (const bidPriceMicros of [1n, 2n]) {
      const tickers = [{ marketTicker: "A", bidPriceMicros }];
      store.onChange(change({ case: "marketTicker", value: { tickers } }));
    }
    flushFrames();
    expect(onA).toHaveBeenCalledOnce();
    expect(onB).not.toHaveBeenCalled();
    expect(store.entry("A")?.ticker?.bidPriceMicros).toBe(2n);
    expect(store.catalogueVersion()).toBe(version);
  });

  it("makes no row of a price without a market", () => {
    const store = new MarketsStore(new FakeClient(), "markets");
    const tickers = [{ marketTicker: "Z" }];
    store.onChange(change({ case: "marketTicker", value: { tickers } }));
    expect(store.entry("Z")).toBeUndefined();
  });
});

describe("StreamStore", () => {
  it("keeps what it has when the stream is stale or refused, and says so", () => {
    const store = new TradesStore(new FakeClient(), "trades:X");
    expect(store.getSnapshot().value.status).toBe("pending");
    store.onState(state({ case: "trades", value: { trades: [{ tradeId: "a" }] } }));
    store.onStatus("live", null);
    expect(store.getSnapshot()).toMatchObject({ isStale: false, value: { status: "success" } });
    store.onStatus("stale", null);
    expect(store.getSnapshot().isStale).toBe(true);
    expect(store.getSnapshot().value.data).toHaveLength(1);
    const error = { reason: "UnknownMarket", message: "X", isRetryable: false };
    store.onStatus("refused", error);
    expect(store.getSnapshot().value).toMatchObject({ status: "error", error });
  });

  it("subscribes for the first who looks, and ends some time after the last", () => {
    vi.useFakeTimers();
    const client = new FakeClient();
    const store = new TradesStore(client, "trades:X");
    const first = store.subscribe(() => {});
    const second = store.subscribe(() => {});
    first();
    second();
    vi.advanceTimersByTime(9_000);
    const third = store.subscribe(() => {});
    vi.advanceTimersByTime(60_000);
    expect(client.endedCount).toBe(0);
    third();
    vi.advanceTimersByTime(10_000);
    expect(client.endedCount).toBe(1);
    vi.useRealTimers();
  });
});

describe("SparkStore", () => {
  it("asks once for a market, a few at a time, and goes on with prices of now", async () => {
    const asked: string[] = [];
    const answers: ((values: number[]) => void)[] = [];
    const store = new SparkStore(
      (marketTicker) => {
        asked.push(marketTicker);
        return new Promise((resolve) => answers.push(resolve));
      },
      () => 60_000,
    );
    for (const name of ["A", "B", "C", "D", "E", "A"]) store.subscribe(name, () => {});
    expect(asked).toHaveLength(4);
    answers[0]?.([1, 2]);
    await vi.waitFor(() => expect(asked).toHaveLength(5), PATIENCE);
    expect(store.values("A")).toEqual([1, 2]);
    store.push("A", 3);
    store.push("A", 4);
    await vi.waitFor(() => expect(store.values("A")).toEqual([1, 2, 4]), PATIENCE);
  });

  it("forgets the line that was seen first when there are too many, unless it is looked at", () => {
    const store = new SparkStore(
      () => new Promise(() => {}),
      () => 0,
    );
    store.subscribe("looked at", () => {});
    store.subscribe("seen first", () => {})();
    for (let count = 2; count <= SPARKS_KEPT; count += 1) store.subscribe(`${count}`, () => {})();
    expect(store.size).toBe(SPARKS_KEPT);
    expect(store.has("looked at")).toBe(true);
    expect(store.has("seen first")).toBe(false);
  });

  it("tells of prices of now every few seconds, and of the last one", () => {
    vi.useFakeTimers();
    let nowMs = 10_000;
    const store = new SparkStore(
      () => new Promise(() => {}),
      () => nowMs,
    );
    const told: number[] = [];
    store.subscribe("A", () => told.push(store.values("A").at(-1) ?? 0));
    for (let value = 1; value <= 120; value += 1) {
      store.push("A", value);
      nowMs += 100;
      vi.advanceTimersByTime(100);
      flushFrames();
    }
    nowMs += 6_000;
    vi.advanceTimersByTime(6_000);
    flushFrames();
    expect(told.length).toBeLessThanOrEqual(4);
    expect(told.at(-1)).toBe(120);
    vi.useRealTimers();
  });
});
