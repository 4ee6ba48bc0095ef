// The state of one stream, kept while somebody looks at it and a little longer: going to another page
// and back costs nothing.

import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { DataError, Loadable } from "../loadable";
import type { StreamClient, StreamConsumer, StreamStatus } from "../stream/streamClient";
import { Notifier } from "./notifier";

const LINGER_MS = 10_000;

/** What a panel sees: the value, and whether it is of now. */
export interface Live<T> {
  readonly value: Loadable<T>;
  /** True: what is there is old, since the connection or a message is missing. */
  readonly isStale: boolean;
  /** When the last message of the stream came, on the clock of `performance.now`; 0: none came. */
  readonly heardMs: number;
}

export abstract class StreamStore<T> implements StreamConsumer {
  readonly #notifier: Notifier;
  #status: StreamStatus = "pending";
  #error: DataError | null = null;
  #data: T | undefined;
  #isBuilt = true;
  #live: Live<T> = { value: { status: "pending" }, isStale: false, heardMs: 0 };
  #isLiveCurrent = true;
  #heardMs = 0;
  #userCount = 0;
  #unsubscribe: (() => void) | null = null;
  #linger: ReturnType<typeof setTimeout> | undefined;

  /** `isPrompt`: what it tells is drawn in the next frame; else it may wait for one frame. */
  constructor(
    private readonly client: Pick<StreamClient, "subscribe">,
    readonly name: string,
    { isPrompt } = { isPrompt: false },
  ) {
    this.#notifier = new Notifier({ isPrompt });
  }

  /** The state came anew. */
  protected abstract replace(state: InitialState["state"]): void;
  /** A change of it came. */
  protected abstract change(payload: ServerMessage["payload"]): void;
  /** What the page sees of it, made at most once a frame; undefined: nothing came yet. */
  protected abstract build(): T | undefined;
  /** Nobody looks any more and it is thrown away. */
  protected abstract clear(): void;

  /** For useSyncExternalStore: while somebody listens, the stream is subscribed. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const stop = this.#notifier.subscribe(listener);
    this.#userCount += 1;
    clearTimeout(this.#linger);
    this.#unsubscribe ??= this.client.subscribe(this.name, this);
    return () => {
      stop();
      this.#userCount -= 1;
      if (this.#userCount === 0) this.#linger = setTimeout(() => this.#close(), LINGER_MS);
    };
  };

  /** For useSyncExternalStore: the same object until something changes. */
  readonly getSnapshot = (): Live<T> => {
    if (!this.#isLiveCurrent) {
      this.#isLiveCurrent = true;
      this.#live = { value: this.#loadable(), isStale: this.isStale(), heardMs: this.#heardMs };
    }
    return this.#live;
  };

  /** Whether what is there is old. */
  readonly isStale = (): boolean =>
    this.#status === "stale" || (this.#status !== "live" && this.#heardMs > 0);

  onState(state: InitialState["state"]): void {
    this.replace(state);
    this.#heard();
  }

  onChange(payload: ServerMessage["payload"]): void {
    this.change(payload);
    this.#heard();
  }

  onStatus(status: StreamStatus, error: DataError | null): void {
    this.#status = status;
    this.#error = error;
    this.#touch();
  }

  #heard(): void {
    this.#heardMs = performance.now();
    this.#isBuilt = false;
    this.#touch();
  }

  #touch(): void {
    this.#isLiveCurrent = false;
    this.#notifier.changed();
  }

  #loadable(): Loadable<T> {
    if (!this.#isBuilt) {
      this.#isBuilt = true;
      this.#data = this.build();
    }
    const data = this.#data;
    if (this.#error !== null) return { status: "error", error: this.#error, data };
    return data === undefined ? { status: "pending" } : { status: "success", data };
  }

  #close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.clear();
    this.#data = undefined;
    this.#isBuilt = true;
    this.#status = "pending";
    this.#error = null;
    this.#heardMs = 0;
    this.#isLiveCurrent = false;
  }
}
