// A gateway for tests of pages: it says what the test tells it to say, and keeps what it was asked.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { act } from "@testing-library/react";
import { useSessionStore } from "@/data/api/session";
import { DataStack, installStack } from "@/data/stack";
import { flushFrames } from "@/data/stores/frame";
import type { SocketEvents } from "@/data/stream/environment";
import { StreamClient } from "@/data/stream/streamClient";
import {
  type ClientMessage,
  ClientMessageSchema,
  type InitialState,
  ServerMessageSchema,
} from "@/gen/evx/gateway/v1/gateway_messages_pb";
import { ManualTimers, type ServerInit } from "./modelGateway";

type StateInit = NonNullable<NonNullable<ServerInit["payload"]>["value"]>;
type PayloadInit = NonNullable<ServerInit["payload"]>;
export type Asked = ClientMessage["payload"];

export class ScriptedGateway {
  /** Every request but those for streams, oldest first. */
  readonly asked: Asked[] = [];
  readonly #states = new Map<string, { state: unknown; sequence: bigint }>();
  readonly #answers = new Map<NonNullable<Asked["case"]>, (asked: Asked) => PayloadInit>();
  #events: SocketEvents | null = null;

  /** The state that a stream begins with. */
  state(stream: string, state: InitialState["state"] | { case: string; value: unknown }): this {
    this.#states.set(stream, { state, sequence: 1n });
    return this;
  }

  /** What it says to requests of a kind. */
  answer(kind: NonNullable<Asked["case"]>, answer: (asked: Asked) => PayloadInit): this {
    this.#answers.set(kind, answer);
    return this;
  }

  /** The page talks to this gateway from now on, as this user. */
  install(role: "viewer" | "trader" | "admin" = "trader"): this {
    useSessionStore.setState({
      status: "signed-in",
      session: { userName: "ada", role, csrfToken: "t" },
      reason: "",
    });
    const client = new StreamClient({
      timers: new ManualTimers(),
      chance: () => 0.5,
      isSignedOut: async () => false,
      open: (events) => {
        this.#events = events;
        return { send: (data) => this.#take(data), abandon: () => {} };
      },
    });
    installStack(new DataStack(client));
    client.start();
    this.#events?.onOpen();
    this.#say({ payload: { case: "welcome", value: { mode: "paper", venue: "mock" } } });
    return this;
  }

  /** A change of a stream, which the page draws at once. */
  change(stream: string, payload: PayloadInit): void {
    const kept = this.#states.get(stream);
    if (kept === undefined) throw new Error(`the stream ${stream} has no state`);
    kept.sequence += 1n;
    act(() => {
      this.#say({ stream, epoch: 1n, sequence: kept.sequence, payload });
      flushFrames();
    });
  }

  lastAsked(kind: NonNullable<Asked["case"]>): Asked["value"] {
    return this.asked.findLast((asked) => asked.case === kind)?.value;
  }

  #take(data: Uint8Array): void {
    const { requestId, payload } = fromBinary(ClientMessageSchema, data);
    if (payload.case === "subscribe") {
      this.#say({ requestId, payload: { case: "done", value: {} } });
      for (const { stream } of payload.value.streams) this.#sendState(stream);
      return;
    }
    if (payload.case === "ping" || payload.case === "unsubscribe") {
      this.#say({ requestId, payload: { case: "done", value: {} } });
      return;
    }
    this.asked.push(payload);
    const answer = payload.case === undefined ? undefined : this.#answers.get(payload.case);
    const refused: PayloadInit = {
      case: "refusal",
      value: { reason: "ServiceAbsent", message: "There is none." },
    };
    // As over a network: never before the request's own call has returned.
    queueMicrotask(() => this.#say({ requestId, payload: answer?.(payload) ?? refused }));
  }

  #sendState(stream: string): void {
    const kept = this.#states.get(stream);
    if (kept === undefined) return;
    this.#say({
      stream,
      epoch: 1n,
      sequence: kept.sequence,
      payload: { case: "initialState", value: { state: kept.state } as StateInit },
    } as ServerInit);
  }

  #say(init: ServerInit): void {
    this.#events?.onMessage(toBinary(ServerMessageSchema, create(ServerMessageSchema, init)));
  }
}

/** Lets answers arrive and draws what they changed. */
export async function settle(): Promise<void> {
  await act(async () => {
    await Promise.resolve();
    flushFrames();
    await new Promise((resolve) => setTimeout(resolve));
    flushFrames();
  });
}
