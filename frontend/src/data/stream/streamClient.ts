// The client of the gateway's WebSocket.
//
// A stream is a state and numbered changes of it (proto/evx/gateway/v1/gateway_messages.proto). For
// each one the client keeps the number of the last message that was applied. After a reconnect it
// names that number and goes on from there; a number that is missing makes the stream stale, and it
// is asked for anew from the last good one, the second time from its begin. Until then nothing is
// applied: a consumer never sees a state that the gateway did not have.
//
// The client reads no clock, opens no socket and draws no chance itself; browserClient.ts gives it
// those. Everything happens in the callbacks of socket and timers, one at a time.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClientMessageSchema,
  type InitialState,
  type ServerMessage,
  ServerMessageSchema,
  type Welcome,
} from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { DataError } from "../loadable";
import { backOffMs } from "./backOff";
import { type OpenSocket, type Socket, Timer, type Timers } from "./environment";
import { type ClientPayload, disconnected, RequestTable } from "./requests";

export type StreamStatus =
  /** Asked for, its state did not come yet. */
  | "pending"
  /** Every change was seen. */
  | "live"
  /** What is there is old: no connection, or a change is missing. */
  | "stale"
  /** The gateway does not give it. */
  | "refused";

/** Who keeps the state of a stream. */
export interface StreamConsumer {
  onState(state: InitialState["state"]): void;
  onChange(payload: ServerMessage["payload"]): void;
  onStatus(status: StreamStatus, error: DataError | null): void;
}

export type ConnectionStatus =
  /** Not started, or ended. */
  | "closed"
  /** A socket is being opened, or is open and has not said who it is. */
  | "connecting"
  | "open"
  /** The next try comes at `retryAtMs`. */
  | "waiting"
  /** The session is not valid any more. */
  | "signed-out";

export interface Connection {
  readonly status: ConnectionStatus;
  /** Failed tries in a row. */
  readonly attempt: number;
  /** On the clock of the timers; null: no try is planned. */
  readonly retryAtMs: number | null;
  /** What the gateway said of itself; stays when the connection is lost. */
  readonly welcome: Welcome | null;
  /** The way there and back, as last measured; null: not yet. */
  readonly roundTripMs: number | null;
  /** Why there is no connection, for people; empty: there is one, or no reason is known. */
  readonly reason: string;
}

export interface ClientOptions {
  readonly open: OpenSocket;
  readonly timers: Timers;
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** Asked when a socket could not be opened, or was refused: true: the session is gone. */
  readonly isSignedOut: () => Promise<boolean>;
}

export const PING_EVERY_MS = 5_000;
/** A connection that is silent for so long, pings included, is dead. */
export const SILENCE_MS = 12_000;
const WELCOME_MS = 5_000;
const STREAMS_PER_MESSAGE = 100;
const REFUSED_AGAIN_MS = 500;
/** The close code of a session that is over, among others. */
const POLICY_VIOLATION = 1008;

interface Entry {
  readonly name: string;
  readonly consumer: StreamConsumer;
  epoch: bigint;
  sequence: bigint;
  status: StreamStatus;
  /** A Subscribe is on its way, and nothing of its answer came yet. */
  isAsked: boolean;
  /** Gaps since the last message that was applied. */
  gapCount: number;
}

const CLOSED: Connection = {
  status: "closed",
  attempt: 0,
  retryAtMs: null,
  welcome: null,
  roundTripMs: null,
  reason: "",
};

export class StreamClient {
  readonly #entries = new Map<string, Entry>();
  readonly #requests: RequestTable;
  readonly #listeners = new Set<() => void>();
  #connection = CLOSED;
  #socket: Socket | null = null;
  #isSocketOpen = false;
  readonly #retryTimer: Timer;
  readonly #pingTimer: Timer;
  readonly #welcomeTimer: Timer;
  #lastHeardMs = 0;
  #gapCount = 0;

  constructor(private readonly options: ClientOptions) {
    this.#requests = new RequestTable(options.timers, (id, payload) => this.#send(id, payload));
    this.#retryTimer = new Timer(options.timers);
    this.#pingTimer = new Timer(options.timers);
    this.#welcomeTimer = new Timer(options.timers);
  }

  /** The same object until something of it changes. */
  get connection(): Connection {
    return this.#connection;
  }

  /** Gaps of all streams since the start. */
  get gapCount(): number {
    return this.#gapCount;
  }

  /** Tells of every change of `connection`; gives back how to stop that. */
  onConnection(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#socket !== null || this.#retryTimer.isRunning) return;
    this.#connect();
  }

  /** Ends the connection; what waits for an answer is given up. */
  stop(): void {
    this.#dropSocket();
    this.#retryTimer.stop();
    this.#requests.end();
    this.#setConnection({ ...CLOSED });
    for (const entry of this.#entries.values()) this.#setStatus(entry, "stale", null);
  }

  /** Tries now: the network came back, or the user does not want to wait. */
  retryNow(): void {
    if (!this.#retryTimer.isRunning) return;
    this.#retryTimer.stop();
    this.#connect();
  }

  /** Wants a stream, which nobody wants yet; gives back how to end that. */
  subscribe(name: string, consumer: StreamConsumer): () => void {
    if (this.#entries.has(name)) throw new Error(`stream ${name} is subscribed already`);
    const entry: Entry = {
      name,
      consumer,
      epoch: 0n,
      sequence: 0n,
      status: "pending",
      isAsked: false,
      gapCount: 0,
    };
    this.#entries.set(name, entry);
    if (this.#isSocketOpen) this.#ask([entry]);
    return () => {
      if (this.#entries.get(name) !== entry) return;
      this.#entries.delete(name);
      if (this.#isSocketOpen) {
        this.#send(this.#requests.nextId(), { case: "unsubscribe", value: { streams: [name] } });
      }
    };
  }

  /**
   * Asks, or commands; the promise is rejected with a RequestError. A question may come before the
   * start: a page is drawn beside the session.
   */
  request(payload: ClientPayload, timeoutMs?: number): Promise<ServerMessage> {
    if (this.#connection.status === "signed-out") return Promise.reject(disconnected());
    return this.#requests.add(payload, this.#connection.status === "open", timeoutMs);
  }

  #connect(): void {
    this.#setConnection({ status: "connecting", retryAtMs: null });
    const socket = this.options.open({
      onOpen: () => {
        if (this.#socket === socket) this.#onOpen();
      },
      onMessage: (data) => {
        if (this.#socket === socket) this.#onMessage(data);
      },
      onClose: (code, reason) => {
        if (this.#socket === socket) this.#onClose(code, reason);
      },
    });
    this.#socket = socket;
    this.#welcomeTimer.start(() => this.#lose("The gateway does not answer."), WELCOME_MS);
  }

  #onOpen(): void {
    this.#isSocketOpen = true;
    this.#lastHeardMs = this.options.timers.now();
    this.#ask([...this.#entries.values()]);
  }

  #onMessage(data: Uint8Array): void {
    this.#lastHeardMs = this.options.timers.now();
    let message: ServerMessage;
    try {
      message = fromBinary(ServerMessageSchema, data);
    } catch {
      this.#lose("The gateway sent what is not a message.");
      return;
    }
    if (message.payload.case === "welcome") this.#onWelcome(message.payload.value);
    else if (message.stream !== "") this.#onStream(message);
    else if (message.payload.case === "refusal" && message.payload.value.stream !== "") {
      this.#onRefused(message.payload.value.stream, message.payload.value);
      this.#requests.settle(message);
    } else this.#requests.answer(message);
  }

  #onWelcome(welcome: Welcome): void {
    this.#welcomeTimer.stop();
    this.#setConnection({ status: "open", attempt: 0, retryAtMs: null, welcome, reason: "" });
    this.#requests.connectionMade();
    this.#ping();
  }

  #onStream(message: ServerMessage): void {
    const entry = this.#entries.get(message.stream);
    if (entry === undefined) return;
    const { payload } = message;
    if (payload.case === "refusal") {
      this.#onRefused(entry.name, payload.value);
    } else if (payload.case === "initialState") {
      entry.consumer.onState(payload.value.state);
      this.#applied(entry, message);
    } else if (message.epoch !== entry.epoch || message.sequence > entry.sequence + 1n) {
      this.#onGap(entry);
    } else if (message.sequence === entry.sequence + 1n) {
      entry.consumer.onChange(payload);
      this.#applied(entry, message);
    }
    // What is left has come before: it is applied already.
  }

  #applied(entry: Entry, message: ServerMessage): void {
    entry.epoch = message.epoch;
    entry.sequence = message.sequence;
    entry.isAsked = false;
    entry.gapCount = 0;
    this.#setStatus(entry, "live", null);
  }

  #onGap(entry: Entry): void {
    if (entry.isAsked) return;
    this.#gapCount += 1;
    entry.gapCount += 1;
    // From the last good message; when that did not help, from the begin.
    if (entry.gapCount > 1) entry.epoch = 0n;
    this.#setStatus(entry, entry.status === "pending" ? "pending" : "stale", null);
    this.#ask([entry]);
  }

  #onRefused(name: string, refusal: DataError): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.isAsked = false;
    const { reason, message, isRetryable } = refusal;
    this.#setStatus(entry, "refused", { reason, message, isRetryable });
    if (!isRetryable) return;
    this.options.timers.start(() => {
      const isSame = this.#entries.get(name) === entry && entry.status === "refused";
      if (isSame && this.#isSocketOpen && !entry.isAsked) this.#ask([entry]);
    }, REFUSED_AGAIN_MS);
  }

  #ask(entries: readonly Entry[]): void {
    for (let from = 0; from < entries.length; from += STREAMS_PER_MESSAGE) {
      const some = entries.slice(from, from + STREAMS_PER_MESSAGE);
      for (const entry of some) entry.isAsked = true;
      const streams = some.map(({ name, epoch, sequence }) => ({
        stream: name,
        epoch,
        sequence: epoch === 0n ? 0n : sequence,
      }));
      this.#subscribeAll(some, { case: "subscribe", value: { streams } });
    }
  }

  /** Once the answer is there, all that comes of these streams comes after it. */
  #subscribeAll(entries: readonly Entry[], payload: ClientPayload): void {
    const socket = this.#socket;
    this.#requests.tell(payload, true, {
      resolve: () => {
        if (socket !== this.#socket) return;
        for (const entry of entries) {
          entry.isAsked = false;
          // Nothing was missed: what it has is the state of now.
          if (entry.status === "stale" && entry.epoch !== 0n) this.#setStatus(entry, "live", null);
        }
      },
      reject: (error) => {
        if (socket !== this.#socket) return;
        if (error.reason === "TimedOut") {
          this.#lose("The gateway does not answer.");
          return;
        }
        for (const entry of entries) {
          if (entry.isAsked) this.#onRefused(entry.name, error);
        }
      },
    });
  }

  #ping(): void {
    const { timers } = this.options;
    if (timers.now() - this.#lastHeardMs > SILENCE_MS) {
      this.#lose("The gateway fell silent.");
      return;
    }
    const sentAt = timers.now();
    this.#requests.add({ case: "ping", value: {} }, true).then(
      () => this.#setConnection({ roundTripMs: timers.now() - sentAt }),
      () => {},
    );
    this.#pingTimer.start(() => this.#ping(), PING_EVERY_MS);
  }

  #onClose(code: number, reason: string): void {
    const wasOpen = this.#isSocketOpen;
    this.#lose(reason === "" ? "The connection to the gateway is lost." : reason);
    if (wasOpen && code !== POLICY_VIOLATION) return;
    // A browser does not tell why a socket could not be opened; the session's own door does.
    this.options.isSignedOut().then(
      (isSignedOut) => {
        if (isSignedOut && this.#connection.status !== "open") {
          this.#dropSocket();
          this.#retryTimer.stop();
          this.#signedOut(wasOpen ? reason : "");
        }
      },
      () => {},
    );
  }

  #signedOut(reason: string): void {
    this.#requests.end();
    this.#setConnection({ status: "signed-out", retryAtMs: null, reason });
  }

  /** The connection is gone: everything is stale, and the next try is planned. */
  #lose(reason: string): void {
    this.#dropSocket();
    const { attempt } = this.#connection;
    const waitMs = backOffMs(attempt, this.options.chance());
    this.#retryTimer.start(() => this.#connect(), waitMs);
    this.#setConnection({
      status: "waiting",
      attempt: attempt + 1,
      retryAtMs: this.options.timers.now() + waitMs,
      roundTripMs: null,
      reason,
    });
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isSocketOpen = false;
    this.#pingTimer.stop();
    this.#welcomeTimer.stop();
    socket?.abandon();
    for (const entry of this.#entries.values()) {
      entry.isAsked = false;
      if (entry.status === "live") this.#setStatus(entry, "stale", null);
    }
    this.#requests.connectionLost();
  }

  #send(requestId: bigint, payload: ClientPayload): void {
    const message = create(ClientMessageSchema, { requestId, payload });
    this.#socket?.send(toBinary(ClientMessageSchema, message));
  }

  #setStatus(entry: Entry, status: StreamStatus, error: DataError | null): void {
    if (entry.status === status && error === null) return;
    entry.status = status;
    entry.consumer.onStatus(status, error);
  }

  #setConnection(change: Partial<Connection>): void {
    this.#connection = { ...this.#connection, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
