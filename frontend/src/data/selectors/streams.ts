// What a component asks for: each hook draws it anew when its value changes, once a frame at most.

import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import type { Market, Trade } from "@/gen/evx/gateway/v1/market_views_pb";
import type { Health, LogLine, Player } from "@/gen/evx/gateway/v1/system_views_pb";
import { mapLoadable } from "../loadable";
import { type MarketSource, stack } from "../stack";
import type { BookView } from "../stores/bookStore";
import { inOneOfTheNextFrames } from "../stores/frame";
import type { MarketEntry, MarketsView } from "../stores/marketsStore";
import type { PortfolioView } from "../stores/portfolioStore";
import type { Live, StreamStore } from "../stores/streamStore";
import type { Connection } from "../stream/streamClient";
import { sampled } from "./sampled";

function useStore<T>(store: StreamStore<T>): Live<T> {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

export function useConnection(): Connection {
  const { client } = stack();
  const subscribe = useCallback((listener: () => void) => client.onConnection(listener), [client]);
  return useSyncExternalStore(subscribe, () => client.connection);
}

/** Every market; for sums and sorting. Changes with each price: rows use useMarket. */
export function useMarkets(): Live<MarketsView> {
  return useStore(stack().markets);
}

/**
 * Keeps the table of markets subscribed and tells whether it is there, is old, or is refused; not
 * drawn anew by prices.
 */
export function useMarketsStatus(): Pick<Live<null>, "value" | "isStale"> {
  const { markets } = stack();
  const status = useSyncExternalStore(markets.subscribe, () => {
    const { value, isStale } = markets.getSnapshot();
    return `${value.data === undefined ? "" : "data"} ${value.status} ${isStale ? "stale" : ""}`;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies(status): it is what has changed.
  return useMemo(() => {
    const { value, isStale } = markets.getSnapshot();
    return { value: mapLoadable(value, () => null), isStale };
  }, [markets, status]);
}

/** Keeps the table of markets subscribed without drawing anything when it changes. */
export function useMarketsKept(): void {
  const { markets } = stack();
  const subscribe = useCallback(() => markets.subscribe(() => {}), [markets]);
  useSyncExternalStore(subscribe, () => null);
}

/** Grows when a market is new or its facts change, not with prices. */
export function useCatalogueVersion(): number {
  const { markets } = stack();
  return useSyncExternalStore(markets.onCatalogue, markets.catalogueVersion);
}

/** A part of a market; drawn anew when that part is another. */
function useOfMarket<T>(marketTicker: string, pick: (entry: MarketEntry | undefined) => T): T {
  const { markets } = stack();
  const subscribe = useCallback(
    (listener: () => void) => markets.onEntry(marketTicker, listener),
    [markets, marketTicker],
  );
  return useSyncExternalStore(subscribe, () => pick(markets.entry(marketTicker)));
}

/** One market of the table; somebody must keep the table subscribed. */
export function useMarket(marketTicker: string): MarketEntry | undefined {
  return useOfMarket(marketTicker, (entry) => entry);
}

/** What is known of a market apart from its prices; not drawn anew by them. */
export function useMarketFacts(marketTicker: string): Market | undefined {
  return useOfMarket(marketTicker, (entry) => entry?.market);
}

/** The price of a market's last trade alone; not drawn anew by its quotes. */
export function useLastPrice(marketTicker: string): bigint | undefined {
  return useOfMarket(marketTicker, (entry) => entry?.ticker?.lastPriceMicros);
}

/** The markets as of now, for code that runs on an event. */
export function currentMarket(marketTicker: string): MarketEntry | undefined {
  return stack().markets.entry(marketTicker);
}

/** Looks at a store at most once in `everyMs`, and then in a frame that draws little else. */
function useSampled<T>(store: StreamStore<T>, everyMs: number): Live<T> {
  const subscribe = useMemo(() => {
    const often = sampled(store.subscribe, everyMs);
    return (listener: () => void) => often(() => inOneOfTheNextFrames(listener));
  }, [store, everyMs]);
  return useSyncExternalStore(subscribe, store.getSnapshot);
}

export function useBook(marketTicker: string, source: MarketSource = "live"): Live<BookView> {
  return useStore(stack().book(marketTicker, source));
}

/** The book for what is computed of it and read by people: looked at at most once in `everyMs`. */
export function useSampledBook(
  marketTicker: string,
  source: MarketSource,
  everyMs: number,
): Live<BookView> {
  return useSampled(stack().book(marketTicker, source), everyMs);
}

/** Whether the trades are old; not drawn anew by them. */
export function useTradesStale(marketTicker: string, source: MarketSource): boolean {
  const store = stack().trades(marketTicker, source);
  return useSyncExternalStore(store.subscribe, store.isStale);
}

/** The trades for a tape that people read: looked at at most once in `everyMs`. None is left out. */
export function useSampledTrades(
  marketTicker: string,
  source: MarketSource,
  everyMs: number,
): Live<readonly Trade[]> {
  return useSampled(stack().trades(marketTicker, source), everyMs);
}

const NOT_WANTED: Live<never> = { value: { status: "idle" }, isStale: false, heardMs: 0 };
const listenToNothing = () => () => {};
const notWanted = () => NOT_WANTED;

/** The own account; a viewer has none and does not want it. */
export function usePortfolio(isWanted = true): Live<PortfolioView> {
  const { portfolio } = stack();
  return useSyncExternalStore<Live<PortfolioView>>(
    isWanted ? portfolio.subscribe : listenToNothing,
    isWanted ? portfolio.getSnapshot : notWanted,
  );
}

export function useHealth(): Live<Health> {
  return useStore(stack().health);
}

export function useLog(): Live<readonly LogLine[]> {
  return useStore(stack().log);
}

export function usePlayer(): Live<Player> {
  return useStore(stack().player);
}

/** Every market as of now, for code that runs on an event. */
export function currentMarkets(): readonly MarketEntry[] {
  return stack().markets.entries();
}

/** Tries to connect now instead of at the planned moment. */
export function retryConnection(): void {
  stack().client.retryNow();
}

/** Connects; harmless when that is done already. */
export function startStream(): void {
  stack().client.start();
}

/** Ends the connection: nobody is signed in. */
export function stopStream(): void {
  stack().client.stop();
}

/** The last hour of a market for drawing, continued by its prices of now. */
export function useSpark(marketTicker: string, priceMicros: bigint | undefined): readonly number[] {
  const { sparks } = stack();
  const subscribe = useCallback(
    (listener: () => void) => sparks.subscribe(marketTicker, listener),
    [sparks, marketTicker],
  );
  useEffect(() => {
    if (priceMicros !== undefined) sparks.push(marketTicker, Number(priceMicros));
  }, [sparks, marketTicker, priceMicros]);
  return useSyncExternalStore(subscribe, () => sparks.values(marketTicker));
}
