import { useEffect, useRef, useState } from "react";
import {
  ask,
  type CandlePeriod,
  type ChartCandle,
  type DataError,
  failure,
  impliedPrice,
  type Loadable,
  type MarketSource,
  pending,
  RequestError,
  stack,
  success,
  type Trade,
  toChartCandles,
  withChance,
  withTrade,
} from "@/data";

const CANDLES = 1_000;
/** So many are added to those that were asked for; then the chart begins anew. */
const ADDED_MAX = 10 * CANDLES;
const MS_PER_NS = 1_000_000n;

function errorOf(error: unknown): DataError {
  if (error instanceof RequestError) return error;
  return { reason: "Unexpected", message: String(error), isRetryable: false };
}

/** What a chart draws: all of it when `loadable` is new, then single candles by `onCandle`. */
export interface CandleFeed {
  readonly loadable: Loadable<readonly ChartCandle[]>;
  readonly retry: () => void;
}

/**
 * Candles of a market: those of the past by request, continued by trades and quotes of now, of which
 * none draws the component. Of a replay there is no past to ask for; its candles are made of the trades
 * that were played.
 */
export function useCandles(
  marketTicker: string,
  period: CandlePeriod,
  source: MarketSource,
  onCandle: (candle: ChartCandle) => void,
): CandleFeed {
  const isReplay = source === "replay";
  const [loadable, setLoadable] = useState<Loadable<readonly ChartCandle[]>>(pending());
  const [round, setRound] = useState(0);
  const candles = useRef<ChartCandle[]>([]);
  const seen = useRef<string | null>(null);
  const listener = useRef(onCandle);
  listener.current = onCandle;

  // biome-ignore lint/correctness/useExhaustiveDependencies(round): a new round asks again.
  useEffect(() => {
    let isCurrent = true;
    candles.current = [];
    seen.current = null;
    if (isReplay) {
      setLoadable(success([]));
      return;
    }
    setLoadable(pending());
    const value = { marketTicker, periodSeconds: period, pageSize: CANDLES };
    ask({ case: "listCandles", value }).then(
      ({ answer }) => {
        if (!isCurrent) return;
        const list = answer.case === "candles" ? answer.value.candles : [];
        candles.current = toChartCandles(list, period);
        setLoadable(success([...candles.current]));
      },
      (error) => isCurrent && setLoadable((before) => failure(errorOf(error), before)),
    );
    return () => {
      isCurrent = false;
    };
  }, [marketTicker, period, isReplay, round]);

  const isReady = loadable.status === "success";
  useEffect(() => {
    if (!isReady) return;
    let addedCount = 0;
    const put = (candle: ChartCandle | undefined) => {
      if (candle === undefined) return;
      if (candles.current.at(-1)?.time === candle.time) candles.current.pop();
      else addedCount += 1;
      candles.current.push(candle);
      if (candles.current.length > CANDLES) candles.current.shift();
      listener.current(candle);
      if (addedCount === ADDED_MAX) setRound((count) => count + 1);
    };
    const { markets } = stack();
    const tradesOfMarket = stack().trades(marketTicker, source);
    const takeTrades = () => {
      const known = tradesOfMarket.getSnapshot().value.data;
      if (known === undefined) return;
      // The first time, what is there came before the candles were told, unless they are made of it.
      const fresh =
        seen.current === null && !isReplay
          ? []
          : known.slice(0, indexOfTrade(known, seen.current)).toReversed();
      seen.current = known[0]?.tradeId ?? "";
      for (const trade of fresh) put(withTrade(candles.current, trade, period));
    };
    const takeQuotes = () => {
      const entry = markets.entry(marketTicker);
      const implied = entry && impliedPrice(entry);
      if (entry?.ticker === undefined || implied === undefined) return;
      const { eventTimeNs } = entry.ticker;
      const timeNs = eventTimeNs === 0n ? BigInt(Date.now()) * MS_PER_NS : eventTimeNs;
      put(withChance(candles.current, implied, timeNs, period));
    };
    const stopTrades = tradesOfMarket.subscribe(takeTrades);
    const stopQuotes = isReplay ? () => {} : markets.onEntry(marketTicker, takeQuotes);
    takeTrades();
    if (!isReplay) takeQuotes();
    return () => {
      stopTrades();
      stopQuotes();
    };
  }, [isReady, isReplay, marketTicker, source, period]);

  return { loadable, retry: () => setRound((count) => count + 1) };
}

function indexOfTrade(trades: readonly Trade[], tradeId: string | null): number {
  const index = trades.findIndex((trade) => trade.tradeId === tradeId);
  return index < 0 ? trades.length : index;
}
