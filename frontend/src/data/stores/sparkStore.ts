// The last hour of a market in one small line: asked for once, when its row is first seen, a few at a
// time, and continued by the live prices.

import { Notifier } from "./notifier";

const PERIOD_SECONDS = 60;
const POINTS = 60;
const AT_ONCE = 4;
const LATER_MS = 60_000;
/** A line is drawn anew at most so often: a price of now moves it by less than can be seen. */
const REDRAW_MS = 5_000;
/** Lines that have moved are drawn anew a few at a time, in few frames. */
const SWEEP_MS = 500;
const LINES_PER_SWEEP = 4;
/** Lines that nobody looks at are kept up to this number of all. */
export const SPARKS_KEPT = 200;

interface SparkEntry {
  values: readonly number[];
  /** The price of now, which `values` does not show yet; undefined: it does. */
  newest: number | undefined;
  minute: number;
  toldMs: number;
  readonly notifier: Notifier;
}

const NOTHING: readonly number[] = [];

/** Whether the line has changed. */
function takeNewest(entry: SparkEntry, nowMs: number): boolean {
  const { newest, values } = entry;
  entry.newest = undefined;
  if (newest === undefined || values.at(-1) === newest) return false;
  const minute = Math.floor(nowMs / (PERIOD_SECONDS * 1000));
  const before = minute === entry.minute ? values.slice(0, -1) : values;
  entry.minute = minute;
  entry.values = [...before, newest].slice(-POINTS);
  return true;
}

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

  /** Lines that are kept. */
  get size(): number {
    return this.#entries.size;
  }

  has(marketTicker: string): boolean {
    return this.#entries.has(marketTicker);
  }

  values(marketTicker: string): readonly number[] {
    return this.#entries.get(marketTicker)?.values ?? NOTHING;
  }

  subscribe(marketTicker: string, listener: () => void): () => void {
    let entry = this.#entries.get(marketTicker);
    if (entry === undefined) {
      const notifier = new Notifier({ isPrompt: true });
      entry = { values: NOTHING, newest: undefined, minute: 0, toldMs: 0, notifier };
      this.#makeRoom();
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
    if (entry === undefined) return;
    entry.newest = value;
    this.#moved.add(entry);
    this.#sweep ??= setTimeout(() => this.#tell(), SWEEP_MS);
  }

  #tell(): void {
    this.#sweep = undefined;
    const nowMs = this.nowMs();
    let count = 0;
    for (const entry of this.#moved) {
      if (count === LINES_PER_SWEEP) break;
      if (nowMs - entry.toldMs < REDRAW_MS) continue;
      this.#moved.delete(entry);
      if (!takeNewest(entry, nowMs)) continue;
      count += 1;
      entry.toldMs = nowMs;
      entry.notifier.changed();
    }
    if (this.#moved.size > 0) this.#sweep = setTimeout(() => this.#tell(), SWEEP_MS);
  }

  /** The line that was seen first of those that nobody looks at goes. */
  #makeRoom(): void {
    if (this.#entries.size < SPARKS_KEPT) return;
    for (const [marketTicker, { notifier }] of this.#entries) {
      if (notifier.hasListeners) continue;
      this.#entries.delete(marketTicker);
      return;
    }
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
