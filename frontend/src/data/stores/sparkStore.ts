// The last hour of a market in one small line: asked for once, when its row is first seen, a few at a
// time, and continued by the live prices.

import { Notifier } from "./notifier";

const PERIOD_SECONDS = 60;
const POINTS = 60;
const AT_ONCE = 4;
const LATER_MS = 60_000;
/** A line is drawn anew at most so often: a price of now moves it by less than can be seen. */
const REDRAW_MS = 1_000;
const SWEEP_MS = 100;

interface SparkEntry {
  values: readonly number[];
  minute: number;
  toldMs: number;
  readonly notifier: Notifier;
}

const NOTHING: readonly number[] = [];

/** Gives the closing prices of the newest minutes, oldest first, for drawing. */
export type AskForPrices = (
  marketTicker: string,
  periodSeconds: number,
  count: number,
) => Promise<number[]>;

export class SparkStore {
  readonly #entries = new Map<string, SparkEntry>();
  #waiting: string[] = [];
  #askedCount = 0;
  /** Lines that have moved since they were told. */
  readonly #moved = new Set<SparkEntry>();
  #sweep: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: AskForPrices,
    private readonly nowMs: () => number,
  ) {}

  values(marketTicker: string): readonly number[] {
    return this.#entries.get(marketTicker)?.values ?? NOTHING;
  }

  subscribe(marketTicker: string, listener: () => void): () => void {
    let entry = this.#entries.get(marketTicker);
    if (entry === undefined) {
      entry = { values: NOTHING, minute: 0, toldMs: 0, notifier: new Notifier() };
      this.#entries.set(marketTicker, entry);
      // The row that was seen last is the one in sight.
      this.#waiting.unshift(marketTicker);
      this.#next();
    }
    return entry.notifier.subscribe(listener);
  }

  /** A price of now: it moves the end of the line, and each minute makes it longer. */
  push(marketTicker: string, value: number): void {
    const entry = this.#entries.get(marketTicker);
    if (entry === undefined || entry.values.at(-1) === value) return;
    const minute = Math.floor(this.nowMs() / (PERIOD_SECONDS * 1000));
    const before = minute === entry.minute ? entry.values.slice(0, -1) : entry.values;
    entry.minute = minute;
    entry.values = [...before, value].slice(-POINTS);
    this.#moved.add(entry);
    this.#sweep ??= setTimeout(() => this.#tell(), SWEEP_MS);
  }

  #tell(): void {
    this.#sweep = undefined;
    const nowMs = this.nowMs();
    for (const entry of this.#moved) {
      if (nowMs - entry.toldMs < REDRAW_MS) continue;
      entry.toldMs = nowMs;
      this.#moved.delete(entry);
      entry.notifier.changed();
    }
    if (this.#moved.size > 0) this.#sweep = setTimeout(() => this.#tell(), SWEEP_MS);
  }

  #next(): void {
    while (this.#askedCount < AT_ONCE) {
      const marketTicker = this.#waiting.shift();
      if (marketTicker === undefined) return;
      this.#askedCount += 1;
      this.ask(marketTicker, PERIOD_SECONDS, POINTS)
        .then(
          (values) => this.#take(marketTicker, values),
          () => this.#again(marketTicker),
        )
        .finally(() => {
          this.#askedCount -= 1;
          this.#next();
        });
    }
  }

  #take(marketTicker: string, values: number[]): void {
    const entry = this.#entries.get(marketTicker);
    if (entry === undefined) return;
    entry.values = [...values, ...entry.values].slice(-POINTS);
    entry.notifier.changed();
  }

  /** A row without history stays without a line; it is asked for again when it is seen much later. */
  #again(marketTicker: string): void {
    setTimeout(() => {
      const entry = this.#entries.get(marketTicker);
      if (entry !== undefined && !entry.notifier.hasListeners) this.#entries.delete(marketTicker);
    }, LATER_MS);
  }
}
