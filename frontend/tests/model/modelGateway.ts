// A gateway of one thread, for tests of the client: it keeps streams of trades (their state is the
// list of all trades so far), numbers them as the contract says, and loses, doubles and delays what a
// test wants.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { OpenSocket, SocketEvents, Timers } from "@/data/stream/environment";
import {
  type ClientMessage,
  ClientMessageSchema,
  type ServerMessage,
  ServerMessageSchema,
} from "@/gen/evx/gateway/v1/gateway_messages_pb";

export type ServerInit = MessageInitShape<typeof ServerMessageSchema>;

/** A clock that moves when a test says so. */
export class ManualTimers implements Timers {
  #now = 1_000;
  #lastId = 0;
  readonly #planned = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  start(run: () => void, afterMs: number): number {
    this.#lastId += 1;
    this.#planned.set(this.#lastId, { at: this.#now + afterMs, run });
    return this.#lastId;
  }

  stop(id: number): void {
    this.#planned.delete(id);
  }

  get count(): number {
    return this.#planned.size;
  }

  /** Lets time pass; what is due happens in its order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#planned].sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
      if (next === undefined || next[1].at > until) break;
      this.#planned.delete(next[0]);
      this.#now = next[1].at;
      next[1].run();
    }
    this.#now = until;
  }
}

interface Stream {
  sequence: bigint;
  ids: string[];
  /** Changes that are kept for those who come back, oldest first. */
  kept: { sequence: bigint; id: string }[];
}

/** One connection, as the gateway sees it. */
export class ModelSocket {
  readonly received: ClientMessage[] = [];
  readonly subscribed = new Set<string>();
  /** On its way to the client, first sent first. */
  readonly inFlight: Uint8Array[] = [];
  isOpen = false;
  isAbandoned = false;

  constructor(readonly events: SocketEvents) {}

  send(message: ServerInit): void {
    this.inFlight.push(toBinary(ServerMessageSchema, create(ServerMessageSchema, message)));
  }

  /** Lets the first `count` messages arrive. */
  deliver(count = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < count; i += 1) {
      const data = this.inFlight.shift();
      if (data === undefined) return;
      this.events.onMessage(data);
    }
  }
}

export class ModelGateway {
  readonly sockets: ModelSocket[] = [];
  readonly streams = new Map<string, Stream>();
  epoch = 1n;
  keptMax = 5;
  isUp = true;
  /** Answers to requests other than those of streams; null: none. */
  onRequest: (message: ClientMessage, socket: ModelSocket) => ServerInit["payload"] | null = () =>
    null;

  readonly open: OpenSocket = (events) => {
    const socket = new ModelSocket(events);
    this.sockets.push(socket);
    return {
      send: (data) => {
        if (socket.isAbandoned) return;
        const message = fromBinary(ClientMessageSchema, data);
        socket.received.push(message);
        this.#receive(socket, message);
      },
      abandon: () => {
        socket.isAbandoned = true;
      },
    };
  };

  get socket(): ModelSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error("nobody has connected");
    return last;
  }

  /** Lets the newest connection come about; false: there is none that waits for it. */
  accept(): boolean {
    const socket = this.sockets.at(-1);
    if (socket === undefined || socket.isOpen || socket.isAbandoned) return false;
    if (!this.isUp) {
      socket.isAbandoned = true;
      socket.events.onClose(1006, "");
      return false;
    }
    socket.isOpen = true;
    socket.send({ payload: { case: "welcome", value: { mode: "paper", venue: "model" } } });
    socket.events.onOpen();
    return true;
  }

  /** A change of a stream, sent to all who want it. */
  publish(name: string, id: string): void {
    const stream = this.#stream(name);
    stream.sequence += 1n;
    stream.ids.push(id);
    stream.kept.push({ sequence: stream.sequence, id });
    if (stream.kept.length > this.keptMax) stream.kept.shift();
    for (const socket of this.#alive()) {
      if (socket.subscribed.has(name)) this.#sendChange(socket, name, stream.sequence, id);
    }
  }

  /** The connection is cut; what was on its way is lost, or comes later (`keepsInFlight`). */
  cut(code = 1006): void {
    const socket = this.sockets.at(-1);
    if (socket === undefined || socket.isAbandoned) return;
    socket.isOpen = false;
    socket.isAbandoned = true;
    socket.events.onClose(code, "");
  }

  /** Another process takes its place: nothing is kept but the state. */
  restart(): void {
    this.cut();
    this.epoch += 1n;
    for (const stream of this.streams.values()) {
      stream.sequence = 1n;
      stream.kept = [];
    }
  }

  #alive(): ModelSocket[] {
    return this.sockets.filter((socket) => socket.isOpen && !socket.isAbandoned);
  }

  #stream(name: string): Stream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      stream = { sequence: 1n, ids: [], kept: [] };
      this.streams.set(name, stream);
    }
    return stream;
  }

  #receive(socket: ModelSocket, message: ClientMessage): void {
    const { requestId, payload } = message;
    if (payload.case === "subscribe") {
      for (const wanted of payload.value.streams) {
        this.#give(socket, wanted.stream, wanted.epoch, wanted.sequence);
      }
    }
    if (payload.case === "unsubscribe") {
      for (const name of payload.value.streams) socket.subscribed.delete(name);
    }
    if (payload.case === "subscribe" || payload.case === "unsubscribe" || payload.case === "ping") {
      socket.send({ requestId, payload: { case: "done", value: {} } });
      return;
    }
    const answer = this.onRequest(message, socket);
    if (answer !== null && answer !== undefined) socket.send({ requestId, payload: answer });
  }

  #give(socket: ModelSocket, name: string, epoch: bigint, sequence: bigint): void {
    const stream = this.#stream(name);
    socket.subscribed.add(name);
    const oldest = stream.kept[0]?.sequence ?? stream.sequence + 1n;
    if (epoch === this.epoch && sequence <= stream.sequence && sequence + 1n >= oldest) {
      for (const change of stream.kept) {
        if (change.sequence > sequence) this.#sendChange(socket, name, change.sequence, change.id);
      }
      return;
    }
    const trades = stream.ids.map((tradeId) => ({ tradeId }));
    socket.send({
      stream: name,
      epoch: this.epoch,
      sequence: stream.sequence,
      payload: {
        case: "initialState",
        value: { state: { case: "trades", value: { trades } } },
      },
    });
  }

  #sendChange(socket: ModelSocket, name: string, sequence: bigint, tradeId: string): void {
    const value = { trades: [{ tradeId }] };
    socket.send({
      stream: name,
      epoch: this.epoch,
      sequence,
      payload: { case: "trades", value },
    });
  }
}

/** The ids of trades that a ServerMessage tells; for assertions. */
export function tradeIds(message: ServerMessage["payload"]): string[] {
  return message.case === "trades" ? message.value.trades.map((trade) => trade.tradeId) : [];
}
