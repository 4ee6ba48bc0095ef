// Every market and its prices. A row of the table listens to its own market alone; whoever sorts or
// counts listens to all of them.

import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { Market, MarketTicker } from "@/gen/evx/gateway/v1/market_views_pb";
import { inOneOfTheNextFrames } from "./frame";
import { Notifier } from "./notifier";
import { StreamStore } from "./streamStore";

/** A market as of now. A change makes a new object. */
export interface MarketEntry {
  readonly market: Market;
  /** Not set: no price was told yet. */
  readonly ticker: MarketTicker | undefined;
}

export type MarketsView = ReadonlyMap<string, MarketEntry>;

export class MarketsStore extends StreamStore<MarketsView> {
  #entries = new Map<string, MarketEntry>();
  readonly #rows = new Map<string, Notifier>();
  readonly #touched = new Set<string>();
  readonly #catalogue = new Notifier({ isPrompt: false });
  #catalogueVersion = 0;

  /** The market of now; undefined: it is not known. */
  entry(marketTicker: string): MarketEntry | undefined {
    return this.#entries.get(marketTicker);
  }

  /** All markets of now, by ticker. */
  entries(): readonly MarketEntry[] {
    return [...this.#entries.values()];
  }

  /** Tells of changes of one market. The stream stays subscribed by whoever uses the store. */
  onEntry(marketTicker: string, listener: () => void): () => void {
    let notifier = this.#rows.get(marketTicker);
    if (notifier === undefined) {
      notifier = new Notifier({ isPrompt: false });
      this.#rows.set(marketTicker, notifier);
    }
    const stop = notifier.subscribe(listener);
    return () => {
      stop();
      if (!notifier.hasListeners) this.#rows.delete(marketTicker);
    };
  }

  /** Grows when a market is new or its facts change, not with prices. */
  readonly catalogueVersion = (): number => this.#catalogueVersion;
  readonly onCatalogue = (listener: () => void): (() => void) =>
    this.#catalogue.subscribe(listener);

  protected override replace(state: InitialState["state"]): void {
    if (state.case !== "markets") return;
    const before = this.#entries;
    this.#entries = new Map();
    for (const row of state.value.rows) {
      if (row.market === undefined) continue;
      this.#entries.set(row.market.marketTicker, { market: row.market, ticker: row.ticker });
    }
    for (const name of before.keys()) this.#touch(name);
    for (const name of this.#entries.keys()) this.#touch(name);
    this.#catalogueChanged();
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case !== "marketTicker") return;
    for (const market of payload.value.markets) this.#takeMarket(market);
    for (const ticker of payload.value.tickers) this.#takeTicker(ticker);
    if (payload.value.markets.length > 0) this.#catalogueChanged();
  }

  protected override build(): MarketsView {
    return new Map(this.#entries);
  }

  protected override clear(): void {
    for (const name of this.#entries.keys()) this.#touch(name);
    this.#entries = new Map();
    this.#catalogueChanged();
  }

  #takeMarket(market: Market): void {
    const name = market.marketTicker;
    this.#entries.set(name, { market, ticker: this.#entries.get(name)?.ticker });
    this.#touch(name);
  }

  #takeTicker(ticker: MarketTicker): void {
    const entry = this.#entries.get(ticker.marketTicker);
    // Its market comes with the catalogue; a price alone is no row.
    if (entry === undefined) return;
    this.#entries.set(ticker.marketTicker, { market: entry.market, ticker });
    this.#touch(ticker.marketTicker);
  }

  #touch(name: string): void {
    this.#touched.add(name);
    inOneOfTheNextFrames(this.#flushRows);
  }

  readonly #flushRows = () => {
    for (const name of this.#touched) this.#rows.get(name)?.notify();
    this.#touched.clear();
  };

  #catalogueChanged(): void {
    this.#catalogueVersion += 1;
    this.#catalogue.changed();
  }
}
