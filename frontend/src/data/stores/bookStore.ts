import { BookSide } from "@/gen/evx/common/v1/common_pb";
import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { Book, BookHealth, BookLevel } from "@/gen/evx/gateway/v1/market_views_pb";
import { StreamStore } from "./streamStore";

export interface BookLevelView {
  readonly priceMicros: bigint;
  readonly quantityCentis: bigint;
}

/** A book, best prices first. */
export interface BookView {
  readonly bids: readonly BookLevelView[];
  readonly asks: readonly BookLevelView[];
  readonly health: BookHealth | undefined;
  /** Name of the replay that it is of; empty: it is live. */
  readonly replayId: string;
}

type Side = Map<bigint, bigint>;

function sorted(side: Side, isDescending: boolean): BookLevelView[] {
  const levels = Array.from(side, ([priceMicros, quantityCentis]) => ({
    priceMicros,
    quantityCentis,
  }));
  const direction = isDescending ? -1 : 1;
  return levels.sort((a, b) => (a.priceMicros < b.priceMicros ? -direction : direction));
}

export class BookStore extends StreamStore<BookView> {
  #bids: Side = new Map();
  #asks: Side = new Map();
  #health: BookHealth | undefined;
  #replayId = "";

  protected override replace(state: InitialState["state"]): void {
    if (state.case !== "book") return;
    const book: Book = state.value;
    this.#bids = new Map(book.bids.map((level) => [level.priceMicros, level.quantityCentis]));
    this.#asks = new Map(book.asks.map((level) => [level.priceMicros, level.quantityCentis]));
    this.#health = book.health;
    this.#replayId = book.replayId;
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case !== "bookUpdate") return;
    const update = payload.value;
    if (update.isWhole) this.#empty();
    for (const level of update.levels) this.#set(level);
    this.#health = update.health ?? this.#health;
  }

  protected override build(): BookView {
    return {
      bids: sorted(this.#bids, true),
      asks: sorted(this.#asks, false),
      health: this.#health,
      replayId: this.#replayId,
    };
  }

  protected override clear(): void {
    this.#empty();
    this.#health = undefined;
  }

  #set(level: BookLevel): void {
    const side = level.side === BookSide.BID ? this.#bids : this.#asks;
    if (level.quantityCentis === 0n) side.delete(level.priceMicros);
    else side.set(level.priceMicros, level.quantityCentis);
  }

  #empty(): void {
    this.#bids.clear();
    this.#asks.clear();
  }
}
