// What of the data layer lives as long as the page: one client, and one store for each stream that
// somebody looks at.

import { checkSession, signedOut } from "./api/session";
import { BookStore } from "./stores/bookStore";
import { MarketsStore } from "./stores/marketsStore";
import { PortfolioStore } from "./stores/portfolioStore";
import { SparkStore } from "./stores/sparkStore";
import { HealthStore, LogStore, PlayerStore } from "./stores/systemStores";
import { TradesStore } from "./stores/tradesStore";
import { browserTimers, openBrowserSocket } from "./stream/environment";
import { chance } from "./stream/random";
import { StreamClient } from "./stream/streamClient";

/** Where a book or its trades come from. */
export type MarketSource = "live" | "replay";

export class DataStack {
  readonly markets: MarketsStore;
  readonly portfolio: PortfolioStore;
  readonly health: HealthStore;
  readonly log: LogStore;
  readonly player: PlayerStore;
  readonly sparks: SparkStore;
  readonly #books = new Map<string, BookStore>();
  readonly #trades = new Map<string, TradesStore>();

  constructor(readonly client: StreamClient) {
    this.markets = new MarketsStore(client, "markets");
    this.portfolio = new PortfolioStore(client, "portfolio");
    this.health = new HealthStore(client, "health");
    this.log = new LogStore(client, "log");
    this.player = new PlayerStore(client, "player");
    this.sparks = new SparkStore(
      (marketTicker, periodSeconds, pageSize) =>
        closingPrices(client, { marketTicker, periodSeconds, pageSize }),
      () => Date.now(),
    );
  }

  book(marketTicker: string, source: MarketSource): BookStore {
    const name = `${source === "live" ? "book" : "replay-book"}:${marketTicker}`;
    let store = this.#books.get(name);
    if (store === undefined) {
      store = new BookStore(this.client, name);
      this.#books.set(name, store);
    }
    return store;
  }

  trades(marketTicker: string, source: MarketSource): TradesStore {
    const name = `${source === "live" ? "trades" : "replay-trades"}:${marketTicker}`;
    let store = this.#trades.get(name);
    if (store === undefined) {
      store = new TradesStore(this.client, name);
      this.#trades.set(name, store);
    }
    return store;
  }
}

/** Closing prices for drawing; the trade of a period, else the middle of its quotes. */
async function closingPrices(
  client: StreamClient,
  value: { marketTicker: string; periodSeconds: number; pageSize: number },
): Promise<number[]> {
  const { payload } = await client.request({ case: "listCandles", value });
  if (payload.case !== "answer" || payload.value.answer.case !== "candles") return [];
  return payload.value.answer.value.candles.flatMap(({ trade, bid, ask }) => {
    if (trade !== undefined) return [Number(trade.closeMicros)];
    if (bid === undefined || ask === undefined) return [];
    return [Number(bid.closeMicros + ask.closeMicros) / 2];
  });
}

function socketUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/ws?subscribe=none`;
}

function makeBrowserStack(): DataStack {
  const client = new StreamClient({
    open: openBrowserSocket(socketUrl()),
    timers: browserTimers,
    chance,
    isSignedOut: async () => !(await checkSession()),
  });
  client.onConnection(() => {
    if (client.connection.status === "signed-out") signedOut(client.connection.reason);
  });
  window.addEventListener("online", () => client.retryNow());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") client.retryNow();
  });
  return new DataStack(client);
}

let current: DataStack | null = null;

export function stack(): DataStack {
  current ??= makeBrowserStack();
  return current;
}

/** For tests: this is the stack from now on; null: the next use makes that of the browser. */
export function installStack(replacement: DataStack | null): void {
  current = replacement;
}
