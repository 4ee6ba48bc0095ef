// Requests that wait for their answer.
//
// A question (history, facts) is asked again after a reconnect, until its time is over. A command
// that was sent and lost its connection is sent again with the same command id: the gateway does it
// once and tells what became of it. One that makes risk (a new or changed order) is sent again only
// while it is young: nobody wants an order of a minute ago.

import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ClientMessage,
  ClientMessageSchema,
  ServerMessage,
} from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { DataError } from "../loadable";
import type { Timers } from "./environment";

export type ClientPayload = NonNullable<MessageInitShape<typeof ClientMessageSchema>["payload"]>;
export type PayloadCase = NonNullable<ClientMessage["payload"]["case"]>;

/** What a request does when its connection is lost before its answer came. */
export type LossPolicy =
  /** Asked again until its time is over. */
  | "ask-again"
  /** As above; what it does may be done late: cancels, the emergency stop. */
  | "send-again"
  /** Sent again within YOUNG_MS of its making, then given up. */
  | "send-again-young"
  /** Given up at once. */
  | "give-up";

export const YOUNG_MS = 5_000;
const ANSWER_MS = 10_000;
const COMMAND_MS = 60_000;

const POLICIES: Partial<Record<PayloadCase, LossPolicy>> = {
  createOrder: "send-again-young",
  amendOrder: "send-again-young",
  liquidateAll: "send-again-young",
  cancelOrders: "send-again",
  emergencyStop: "send-again",
  command: "give-up",
  strategyOverride: "give-up",
  toggleTts: "give-up",
  aiQuery: "give-up",
  openReplay: "give-up",
  controlReplay: "give-up",
  callOperator: "send-again-young",
  subscribe: "give-up",
  unsubscribe: "give-up",
  ping: "give-up",
};

export function policyOf(payload: ClientPayload): LossPolicy {
  const kind = payload.case;
  return (kind === undefined ? undefined : POLICIES[kind]) ?? "ask-again";
}

/** A request was refused, was not answered in time, or lost its connection. */
export class RequestError extends Error implements DataError {
  constructor(
    readonly reason: string,
    message: string,
    readonly isRetryable: boolean,
  ) {
    super(message);
    this.name = "RequestError";
  }
}

export function disconnected(): RequestError {
  return new RequestError("Disconnected", "There is no connection to the gateway.", true);
}

/** What becomes of a request: one of them, once. */
interface Outcome {
  resolve(answer: ServerMessage): void;
  reject(error: RequestError): void;
}

interface Waiting extends Outcome {
  readonly id: bigint;
  readonly payload: ClientPayload;
  readonly policy: LossPolicy;
  readonly madeAt: number;
  timer: number;
}

export class RequestTable {
  readonly #waiting = new Map<bigint, Waiting>();
  #lastId = 0n;

  constructor(
    private readonly timers: Timers,
    private readonly send: (id: bigint, payload: ClientPayload) => void,
  ) {}

  get size(): number {
    return this.#waiting.size;
  }

  /** Number of the request that will be made next. */
  nextId(): bigint {
    this.#lastId += 1n;
    return this.#lastId;
  }

  /** Sends it, if there is a connection, and waits for its answer. */
  add(payload: ClientPayload, isConnected: boolean, timeoutMs?: number): Promise<ServerMessage> {
    if (!isConnected && policyOf(payload) !== "ask-again") return Promise.reject(disconnected());
    return new Promise((resolve, reject) => {
      this.tell(payload, isConnected, { resolve, reject }, timeoutMs);
    });
  }

  /** As `add`; the answer is told as it comes, before anything behind it is looked at. */
  tell(payload: ClientPayload, isConnected: boolean, outcome: Outcome, timeoutMs?: number): void {
    const policy = policyOf(payload);
    const id = this.nextId();
    const limit = timeoutMs ?? (policy === "send-again" ? COMMAND_MS : ANSWER_MS);
    const timer = this.timers.start(() => {
      this.#waiting.delete(id);
      outcome.reject(new RequestError("TimedOut", `There was no answer within ${limit} ms.`, true));
    }, limit);
    const madeAt = this.timers.now();
    this.#waiting.set(id, { id, payload, policy, madeAt, timer, ...outcome });
    if (isConnected) this.send(id, payload);
  }

  /** The answer was seen to already: whoever waits goes on. */
  settle(message: ServerMessage): void {
    this.#take(message.requestId)?.resolve(message);
  }

  /** An answer came; one that nobody waits for is left alone. */
  answer(message: ServerMessage): void {
    const waiting = this.#take(message.requestId);
    if (waiting === undefined) return;
    if (message.payload.case === "refusal") {
      const refusal = message.payload.value;
      waiting.reject(new RequestError(refusal.reason, refusal.message, refusal.isRetryable));
    } else {
      waiting.resolve(message);
    }
  }

  /** The connection is lost: what cannot be sent again is given up. */
  connectionLost(): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.policy === "give-up") this.#giveUp(waiting);
    }
  }

  /** There is a connection again: what still waits is sent once more. */
  connectionMade(): void {
    for (const waiting of [...this.#waiting.values()]) {
      // Made on this connection, before it had said welcome.
      if (waiting.policy === "give-up") continue;
      const age = this.timers.now() - waiting.madeAt;
      if (waiting.policy === "send-again-young" && age > YOUNG_MS) this.#giveUp(waiting);
      else this.send(waiting.id, waiting.payload);
    }
  }

  /** Nothing will be answered any more. */
  end(): void {
    for (const waiting of [...this.#waiting.values()]) this.#giveUp(waiting);
  }

  #take(id: bigint): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    this.timers.stop(waiting.timer);
    return waiting;
  }

  #giveUp(waiting: Waiting): void {
    this.#take(waiting.id);
    waiting.reject(
      new RequestError(
        "AnswerLost",
        "The connection was lost before the answer came; what became of it shows in the account.",
        false,
      ),
    );
  }
}
