// The recorded venue, moved to now: its table of markets, one deep book, and its trades.

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { BookSide, MarketStatus } from "@/gen/evx/common/v1/common_pb";
import {
  BookHealthSchema,
  type BookLevel,
  BookLevelSchema,
  BookState,
  type Market,
  MarketSchema,
  type MarketTicker,
  MarketTickerSchema,
  type Trade,
  TradeSchema,
} from "@/gen/evx/gateway/v1/market_views_pb";
import { type Candle, CandleSchema } from "@/gen/evx/marketdata/v1/candle_service_pb";
import { RECORDED_MS, type Recording, WEATHER_SPEED } from "./recording";

const CENT = 10_000;
const NS = 1_000_000n;
const HOUR_MS = 3_600_000;

const CENT_BANDS = [{ startMicros: 0n, endMicros: 1_000_000n, stepMicros: 10_000n }];

export class Venue {
  readonly startMs = Date.now();
  readonly markets = new Map<string, Market>();
  readonly tickers = new Map<string, MarketTicker>();
  readonly trades: Trade[] = [];
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  #changeAt = 0;
  #tradeAt = 0;
  #weatherAt = 0;
  #roundStartMs = this.startMs;
  #bookSequence = 41_000n;
  #deltaCount = 0n;
  #eventMs = this.startMs;

  constructor(private readonly recording: Recording) {
    this.#addGold();
    this.#addWeather();
    this.#addBaseball();
    this.#resetBook();
  }

  get deepTicker(): string {
    return this.recording.gold.ticker;
  }

  health() {
    return create(BookHealthSchema, {
      state: BookState.LIVE,
      bookSequence: this.#bookSequence,
      deltaCount: this.#deltaCount,
      snapshotCount: 1n + this.#deltaCount / 10n,
      gapCount: 0n,
      eventTimeNs: BigInt(this.#eventMs) * NS,
    });
  }

  /** What has happened until now, since it was asked last. */
  advance(): {
    tickers: MarketTicker[];
    levels: BookLevel[];
    trades: Trade[];
    isWhole: boolean;
  } {
    const now = Date.now();
    let isWhole = false;
    if (now - this.#roundStartMs > RECORDED_MS) {
      this.#roundStartMs = now;
      this.#resetBook();
      isWhole = true;
    }
    const at = now - this.#roundStartMs;
    const levels = this.#advanceBook(at);
    const trades = this.#advanceTrades(at);
    const changed = this.#advanceWeather(at);
    if (levels.length > 0 || trades.length > 0 || isWhole) {
      changed.add(this.deepTicker);
      this.#setTop(trades.at(-1));
    }
    const tickers = [...changed].flatMap((name) => this.tickers.get(name) ?? []);
    return { tickers, trades, isWhole, levels: isWhole ? this.allLevels() : levels };
  }

  allLevels(): BookLevel[] {
    const side = (levels: Map<number, number>, which: BookSide) =>
      Array.from(levels, ([price, quantity]) => level(which, price, quantity));
    return [...side(this.bids, BookSide.BID), ...side(this.asks, BookSide.ASK)];
  }

  candles(ticker: string, periodSeconds: number): Candle[] {
    const trades = this.trades.filter((trade) => trade.marketTicker === ticker);
    const byEnd = new Map<number, Trade[]>();
    for (const trade of trades) {
      const end = Math.ceil(Number(trade.eventTimeNs / NS) / 1000 / periodSeconds) * periodSeconds;
      byEnd.set(end, [...(byEnd.get(end) ?? []), trade]);
    }
    return [...byEnd].map(([end, some]) => {
      const prices = some.map((trade) => trade.priceMicros);
      const sorted = prices.toSorted((a, b) => (a < b ? -1 : 1));
      const ohlc = {
        openMicros: prices[0] ?? 0n,
        highMicros: sorted.at(-1) ?? 0n,
        lowMicros: sorted[0] ?? 0n,
        closeMicros: prices.at(-1) ?? 0n,
      };
      return create(CandleSchema, {
        endTime: { seconds: BigInt(end), nanos: 0 },
        trade: ohlc,
        bid: { ...ohlc },
        ask: { ...ohlc },
        volumeCentis: some.reduce((sum, trade) => sum + trade.quantityCentis, 0n),
      });
    });
  }

  #addGold(): void {
    const { gold } = this.recording;
    this.#addMarket({
      marketTicker: gold.ticker,
      eventTicker: gold.event,
      seriesTicker: gold.series,
      title: gold.title,
      subtitle: gold.subtitle,
      category: gold.category,
      rules: gold.rules,
      openTimeNs: BigInt(this.startMs + gold.openOffsetMs) * NS,
      closeTimeNs: BigInt(this.startMs + gold.closeOffsetMs) * NS,
    });
    for (const trade of gold.trades) {
      if (trade[0] > 0) break;
      this.trades.push(this.#trade(trade, this.startMs));
      this.#tradeAt += 1;
    }
    const volume = gold.trades.slice(0, this.#tradeAt).reduce((sum, trade) => sum + trade[2], 0);
    this.#setTicker(gold.ticker, {
      lastPriceMicros: this.trades.at(-1)?.priceMicros ?? 0n,
      volumeCentis: BigInt(volume),
    });
  }

  #addWeather(): void {
    for (const [ticker, [bid, ask]] of Object.entries(this.recording.weather.tops)) {
      const [series = "", day = "", strike = ""] = ticker.split("-");
      const degrees = strike.slice(1);
      this.#addMarket({
        marketTicker: ticker,
        eventTicker: `${series}-${day}`,
        seriesTicker: series,
        title: `Highest temperature in NYC, ${day.slice(5)} ${day.slice(2, 5)}`,
        subtitle: strike.startsWith("B")
          ? `${Math.floor(Number(degrees))}° to ${Math.ceil(Number(degrees))}°`
          : `Threshold ${degrees}°`,
        category: "Climate",
        isExclusive: true,
        openTimeNs: BigInt(this.startMs - 20 * HOUR_MS) * NS,
        closeTimeNs: BigInt(this.startMs + 9 * HOUR_MS) * NS,
      });
      this.#setTicker(ticker, top(bid, ask));
    }
  }

  #addBaseball(): void {
    this.recording.baseball.forEach((row, index) => {
      const [ticker, event, team, bid, ask, last, volume, interest] = row;
      this.#addMarket({
        marketTicker: ticker,
        eventTicker: event,
        seriesTicker: "KXMLBGAME",
        title: `Professional baseball, ${event.split("-")[1] ?? event}`,
        subtitle: team,
        category: "Sports",
        isExclusive: true,
        openTimeNs: BigInt(this.startMs - 48 * HOUR_MS) * NS,
        closeTimeNs: BigInt(this.startMs + (1 + (index % 40)) * HOUR_MS) * NS,
      });
      this.#setTicker(ticker, {
        ...top(bid, ask),
        lastPriceMicros: BigInt(last * CENT),
        volumeCentis: BigInt(volume),
        openInterestCentis: BigInt(interest),
      });
    });
  }

  #addMarket(facts: {
    marketTicker: string;
    eventTicker: string;
    seriesTicker: string;
    title: string;
    subtitle: string;
    category: string;
    rules?: string;
    isExclusive?: boolean;
    openTimeNs: bigint;
    closeTimeNs: bigint;
  }): void {
    const { isExclusive = false, ...rest } = facts;
    this.markets.set(
      facts.marketTicker,
      create(MarketSchema, {
        ...rest,
        mutuallyExclusive: isExclusive,
        status: MarketStatus.ACTIVE,
        priceBands: CENT_BANDS,
        feeTerms: { feeType: "quadratic", multiplierMillionths: 1_000_000n },
      }),
    );
  }

  #setTicker(name: string, change: MessageInitShape<typeof MarketTickerSchema>): void {
    const blank = create(MarketTickerSchema, { marketTicker: name, askPriceMicros: 1_000_000n });
    const before = this.tickers.get(name) ?? blank;
    const eventTimeNs = BigInt(Date.now()) * NS;
    this.tickers.set(
      name,
      Object.assign(create(MarketTickerSchema, before), change, { eventTimeNs }),
    );
  }

  #resetBook(): void {
    const { bids, asks } = this.recording.gold.initial;
    this.bids.clear();
    this.asks.clear();
    for (const [price, quantity] of bids) this.bids.set(price, quantity);
    for (const [price, quantity] of asks) this.asks.set(price, quantity);
    this.#changeAt = 0;
    this.#weatherAt = 0;
    this.#tradeAt = this.recording.gold.trades.findIndex((trade) => trade[0] > 0);
    this.#setTop(undefined);
  }

  #advanceBook(at: number): BookLevel[] {
    const changed = new Map<string, BookLevel>();
    const { changes } = this.recording.gold;
    for (;;) {
      const next = changes[this.#changeAt];
      if (next === undefined || next[0] > at) break;
      this.#changeAt += 1;
      this.#bookSequence += 1n;
      this.#deltaCount += 1n;
      const [offset, letter, price, quantity] = next;
      this.#eventMs = this.#roundStartMs + offset;
      const side = letter === "b" ? this.bids : this.asks;
      if (quantity === 0) side.delete(price);
      else side.set(price, quantity);
      const which = letter === "b" ? BookSide.BID : BookSide.ASK;
      changed.set(`${letter}${price}`, level(which, price, quantity));
    }
    return [...changed.values()];
  }

  #advanceTrades(at: number): Trade[] {
    const some: Trade[] = [];
    for (;;) {
      const next = this.recording.gold.trades[this.#tradeAt];
      if (next === undefined || next[0] > at) break;
      this.#tradeAt += 1;
      some.push(this.#trade(next, this.#roundStartMs));
    }
    this.trades.push(...some);
    return some;
  }

  #advanceWeather(at: number): Set<string> {
    const changed = new Set<string>();
    const { changes } = this.recording.weather;
    for (;;) {
      const next = changes[this.#weatherAt];
      if (next === undefined || next[0] > at * WEATHER_SPEED) break;
      this.#weatherAt += 1;
      this.#setTicker(next[1], top(next[2], next[3]));
      changed.add(next[1]);
    }
    return changed;
  }

  #setTop(last: Trade | undefined): void {
    const bid = Math.max(0, ...this.bids.keys());
    const ask = Math.min(1_000_000, ...this.asks.keys());
    this.#setTicker(this.deepTicker, {
      bidPriceMicros: BigInt(bid),
      bidSizeCentis: BigInt(this.bids.get(bid) ?? 0),
      askPriceMicros: BigInt(ask),
      askSizeCentis: BigInt(this.asks.get(ask) ?? 0),
      volumeCentis: this.trades.reduce((sum, trade) => sum + trade.quantityCentis, 0n),
      ...(last === undefined ? {} : { lastPriceMicros: last.priceMicros }),
    });
  }

  #trade(recorded: Recording["gold"]["trades"][number], baseMs: number): Trade {
    const [offset, price, quantity, taker] = recorded;
    return create(TradeSchema, {
      marketTicker: this.deepTicker,
      tradeId: `t-${baseMs}-${this.trades.length}-${offset}`,
      priceMicros: BigInt(price),
      quantityCentis: BigInt(quantity),
      takerSide: taker === "b" ? BookSide.BID : BookSide.ASK,
      eventTimeNs: BigInt(baseMs + offset) * NS,
    });
  }
}

function level(side: BookSide, price: number, quantity: number): BookLevel {
  return create(BookLevelSchema, {
    side,
    priceMicros: BigInt(price),
    quantityCentis: BigInt(quantity),
  });
}

function top(bid: number, ask: number) {
  return { bidPriceMicros: BigInt(bid * CENT), askPriceMicros: BigInt(ask * CENT) };
}
