import { beforeEach, describe, expect, it } from "vitest";
import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import { ManualTimers, ModelGateway, tradeIds } from "../../../tests/model/modelGateway";
import type { DataError } from "../loadable";
import { RequestError } from "./requests";
import {
  PING_EVERY_MS,
  SILENCE_MS,
  StreamClient,
  type StreamConsumer,
  type StreamStatus,
} from "./streamClient";

class Recorder implements StreamConsumer {
  ids: string[] = [];
  status: StreamStatus = "pending";
  error: DataError | null = null;
  stateCount = 0;
  history: StreamStatus[] = [];

  onState(state: InitialState["state"]): void {
    this.stateCount += 1;
    this.ids = state.case === "trades" ? state.value.trades.map((trade) => trade.tradeId) : [];
  }
  onChange(payload: ServerMessage["payload"]): void {
    this.ids = [...this.ids, ...tradeIds(payload)];
  }
  onStatus(status: StreamStatus, error: DataError | null): void {
    this.status = status;
    this.error = error;
    this.history.push(status);
  }
}

let timers: ManualTimers;
let gateway: ModelGateway;
let client: StreamClient;
let isSignedOut: boolean;

beforeEach(() => {
  timers = new ManualTimers();
  gateway = new ModelGateway();
  isSignedOut = false;
  client = new StreamClient({
    open: gateway.open,
    timers,
    chance: () => 0.5,
    isSignedOut: () => Promise.resolve(isSignedOut),
  });
});

function connect(): void {
  client.start();
  gateway.accept();
  gateway.socket.deliver();
}

/** Lets promises go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
}

function subscribed(name = "trades:X"): Recorder {
  const recorder = new Recorder();
  client.subscribe(name, recorder);
  gateway.socket.deliver();
  return recorder;
}

describe("StreamClient: a stream", () => {
  it("notices what is missing right behind the answer to its Subscribe", () => {
    connect();
    const recorder = subscribed();
    gateway.cut();
    timers.advance(1_000);
    gateway.accept();
    gateway.publish("trades:X", "lost");
    gateway.socket.inFlight.pop();
    gateway.publish("trades:X", "seen");
    gateway.socket.deliver();
    expect(recorder.ids).toEqual(["lost", "seen"]);
    expect(recorder.status).toBe("live");
  });

  it("begins with its state and goes on with its changes", () => {
    gateway.publish("trades:X", "a");
    connect();
    const recorder = subscribed();
    gateway.publish("trades:X", "b");
    gateway.socket.deliver();
    expect(recorder.ids).toEqual(["a", "b"]);
    expect(recorder.status).toBe("live");
  });

  it("that misses a change is stale, applies nothing, and asks from the last good one", () => {
    connect();
    const recorder = subscribed();
    gateway.publish("trades:X", "a");
    gateway.socket.deliver();
    gateway.publish("trades:X", "b");
    gateway.socket.inFlight.shift();
    gateway.publish("trades:X", "c");
    gateway.socket.deliver(1);
    expect(recorder.status).toBe("stale");
    expect(recorder.ids).toEqual(["a"]);
    expect(client.gapCount).toBe(1);
    gateway.socket.deliver();
    expect(recorder.ids).toEqual(["a", "b", "c"]);
    expect(recorder.status).toBe("live");
    expect(recorder.stateCount).toBe(1);
  });

  it("takes a change that comes twice once", () => {
    connect();
    const recorder = subscribed();
    gateway.publish("trades:X", "a");
    const [first] = gateway.socket.inFlight;
    if (first !== undefined) gateway.socket.inFlight.push(first);
    gateway.socket.deliver();
    expect(recorder.ids).toEqual(["a"]);
    expect(client.gapCount).toBe(0);
  });

  it("resumes after a reconnect without its state", async () => {
    connect();
    const recorder = subscribed();
    gateway.publish("trades:X", "a");
    gateway.socket.deliver();
    gateway.cut();
    expect(recorder.status).toBe("stale");
    expect(recorder.ids).toEqual(["a"]);
    gateway.publish("trades:X", "b");
    timers.advance(200);
    gateway.accept();
    gateway.socket.deliver();
    await settle();
    expect(recorder.ids).toEqual(["a", "b"]);
    expect(recorder.stateCount).toBe(1);
    expect(recorder.status).toBe("live");
  });

  it("is live again after a reconnect in which nothing had changed", async () => {
    connect();
    const recorder = subscribed();
    await settle();
    gateway.cut();
    timers.advance(200);
    gateway.accept();
    gateway.socket.deliver();
    await settle();
    expect(recorder.status).toBe("live");
    expect(recorder.stateCount).toBe(1);
  });

  it("gets its state anew from a gateway that was started anew", () => {
    connect();
    const recorder = subscribed();
    gateway.publish("trades:X", "a");
    gateway.socket.deliver();
    gateway.restart();
    timers.advance(200);
    gateway.accept();
    gateway.socket.deliver();
    expect(recorder.stateCount).toBe(2);
    expect(recorder.ids).toEqual(["a"]);
    expect(recorder.status).toBe("live");
  });

  it("ignores what an old connection still brings", () => {
    connect();
    const recorder = subscribed();
    const old = gateway.socket;
    gateway.publish("trades:X", "a");
    gateway.cut();
    timers.advance(200);
    gateway.accept();
    old.deliver();
    expect(recorder.ids).toEqual([]);
    gateway.socket.deliver();
    expect(recorder.ids).toEqual(["a"]);
  });

  it("that is not wanted any more is told so, and its messages are left alone", () => {
    connect();
    const recorder = new Recorder();
    const end = client.subscribe("trades:X", recorder);
    gateway.socket.deliver();
    end();
    gateway.publish("trades:X", "a");
    expect(gateway.socket.received.at(-1)?.payload.case).toBe("unsubscribe");
    gateway.socket.deliver();
    expect(recorder.ids).toEqual([]);
  });

  it("that is refused says why, and is asked for again when that can help", () => {
    connect();
    const recorder = new Recorder();
    client.subscribe("trades:Y", recorder);
    gateway.socket.inFlight.length = 0;
    const value = {
      reason: "MarketsUnknown",
      message: "which markets there are is not known yet",
      isRetryable: true,
      stream: "trades:Y",
    };
    gateway.socket.send({ payload: { case: "refusal", value } });
    gateway.socket.deliver();
    expect(recorder.status).toBe("refused");
    expect(recorder.error?.message).toBe("which markets there are is not known yet");
    timers.advance(500);
    gateway.socket.deliver();
    expect(recorder.status).toBe("live");
  });
});

describe("StreamClient: the connection", () => {
  it("is tried again with growing waits, and the count begins anew once it is open", () => {
    gateway.isUp = false;
    client.start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      gateway.accept();
      const waitMs = (client.connection.retryAtMs ?? 0) - timers.now();
      waits.push(waitMs);
      timers.advance(waitMs);
    }
    expect(waits).toEqual([150, 300, 600, 1200, 2400, 4800, 7500, 7500]);
    expect(client.connection.attempt).toBe(8);
    gateway.isUp = true;
    gateway.accept();
    gateway.socket.deliver();
    expect(client.connection.status).toBe("open");
    expect(client.connection.attempt).toBe(0);
  });

  it("that falls silent is dropped and made anew", () => {
    connect();
    timers.advance(Math.ceil(SILENCE_MS / PING_EVERY_MS) * PING_EVERY_MS);
    expect(gateway.sockets[0]?.isAbandoned).toBe(true);
    expect(client.connection.reason).toContain("silent");
    expect(client.connection.status).not.toBe("open");
  });

  it("that never says welcome is dropped", () => {
    client.start();
    timers.advance(5_000);
    expect(gateway.sockets[0]?.isAbandoned).toBe(true);
    expect(client.connection.status).toBe("waiting");
  });

  it("measures the way there and back", async () => {
    connect();
    timers.advance(PING_EVERY_MS);
    timers.advance(40);
    gateway.socket.deliver();
    await settle();
    expect(client.connection.roundTripMs).toBe(40);
  });

  it("stays away when the session is gone", async () => {
    connect();
    isSignedOut = true;
    gateway.cut(1008);
    await settle();
    expect(client.connection.status).toBe("signed-out");
    timers.advance(60_000);
    expect(gateway.sockets).toHaveLength(1);
  });

  it("asks about the session when it cannot be made", async () => {
    isSignedOut = true;
    gateway.isUp = false;
    client.start();
    gateway.accept();
    await settle();
    expect(client.connection.status).toBe("signed-out");
    expect(timers.count).toBe(0);
  });

  it("is dropped when something comes that is no message", () => {
    connect();
    gateway.socket.inFlight.push(new Uint8Array([0xff, 0xff, 0xff]));
    gateway.socket.deliver();
    expect(client.connection.status).toBe("waiting");
  });
});

describe("StreamClient: requests", () => {
  const order = {
    case: "createOrder" as const,
    value: { commandId: "c1", marketTicker: "X", priceMicros: 560_000n },
  };

  it("are answered by their number", async () => {
    gateway.onRequest = () => ({ case: "answer", value: { nextPageToken: "n" } });
    connect();
    const answer = client.request({ case: "listFills", value: {} });
    gateway.socket.deliver();
    expect((await answer).payload.case).toBe("answer");
  });

  it("that are refused tell the reason", async () => {
    const value = { reason: "RoleRequired", message: "a viewer may not trade" };
    gateway.onRequest = () => ({ case: "refusal", value });
    connect();
    const answer = client.request(order);
    gateway.socket.deliver();
    await expect(answer).rejects.toMatchObject({ reason: "RoleRequired" });
  });

  it("without an answer end after their time", async () => {
    connect();
    const answer = client.request({ case: "listFills", value: {} }, 100);
    timers.advance(100);
    await expect(answer).rejects.toMatchObject({ reason: "TimedOut" });
  });

  it("for history wait for a connection and are asked again after a lost one", async () => {
    client.start();
    const answer = client.request({ case: "listFills", value: {} });
    gateway.accept();
    gateway.socket.deliver();
    gateway.cut();
    gateway.onRequest = () => ({ case: "answer", value: {} });
    timers.advance(200);
    gateway.accept();
    gateway.socket.deliver();
    gateway.socket.deliver();
    expect((await answer).payload.case).toBe("answer");
  });

  it("for history that are made before the start wait for it", async () => {
    gateway.onRequest = () => ({ case: "answer", value: {} });
    const answer = client.request({ case: "listFills", value: {} });
    connect();
    gateway.socket.deliver();
    expect((await answer).payload.case).toBe("answer");
  });

  it("to trade are refused at once while there is no connection", async () => {
    client.start();
    await expect(client.request(order)).rejects.toBeInstanceOf(RequestError);
    gateway.accept();
    gateway.socket.deliver();
    const kinds = gateway.socket.received.map((message) => message.payload.case);
    expect(kinds).not.toContain("createOrder");
  });

  it("to trade that lost their connection are sent again with the same command id", async () => {
    connect();
    const answer = client.request(order);
    gateway.cut();
    gateway.onRequest = ({ payload }) =>
      payload.case === "createOrder"
        ? { case: "commandResult", value: { commandId: payload.value.commandId, isRepeated: true } }
        : null;
    timers.advance(200);
    gateway.accept();
    gateway.socket.deliver();
    gateway.socket.deliver();
    const message = await answer;
    expect(message.payload.case === "commandResult" && message.payload.value.commandId).toBe("c1");
  });

  it("for a new order are not sent again once they are old", async () => {
    connect();
    gateway.isUp = false;
    const answer = client.request(order);
    answer.catch(() => {});
    gateway.cut();
    for (let i = 0; i < 3; i += 1) {
      timers.advance(2_600);
      gateway.accept();
    }
    gateway.isUp = true;
    timers.advance(1_500);
    gateway.accept();
    gateway.socket.deliver();
    await expect(answer).rejects.toMatchObject({ reason: "AnswerLost" });
    const kinds = gateway.socket.received.map((message) => message.payload.case);
    expect(kinds).not.toContain("createOrder");
  });

  it("for the emergency stop are sent again however long it takes", async () => {
    connect();
    gateway.isUp = false;
    client.request({ case: "emergencyStop", value: { commandId: "stop" } }).catch(() => {});
    gateway.cut();
    for (let i = 0; i < 4; i += 1) {
      timers.advance(5_000);
      gateway.accept();
    }
    gateway.isUp = true;
    timers.advance(5_000);
    gateway.accept();
    gateway.socket.deliver();
    const kinds = gateway.socket.received.map((message) => message.payload.case);
    expect(kinds).toContain("emergencyStop");
  });
});
