// Whatever the network does, a stream shows a state that the gateway had, and in the end the one that
// it has.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import {
  ManualTimers,
  ModelGateway,
  type ModelSocket,
  tradeIds,
} from "../../../tests/model/modelGateway";
import { StreamClient, type StreamStatus } from "./streamClient";

type Step =
  | { kind: "publish"; stream: number }
  | { kind: "deliver"; count: number }
  | { kind: "drop" }
  | { kind: "double" }
  | { kind: "cut" }
  | { kind: "restart" }
  | { kind: "late"; socket: number }
  | { kind: "wait"; ms: number }
  | { kind: "down" }
  | { kind: "up" };

const STREAMS = ["trades:A", "trades:B"] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("publish"), stream: fc.nat(1) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("deliver"), count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("double") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("late"), socket: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.integer({ min: 1, max: 6_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("down") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("up") }) },
) as fc.Arbitrary<Step>;

class World {
  readonly timers = new ManualTimers();
  readonly gateway = new ModelGateway();
  readonly seen = STREAMS.map(() => ({ ids: [] as string[], status: "pending" as StreamStatus }));
  readonly #client: StreamClient;
  #lastTrade = 0;

  constructor() {
    this.#client = new StreamClient({
      open: this.gateway.open,
      timers: this.timers,
      chance: () => 0.5,
      isSignedOut: () => Promise.resolve(false),
    });
    this.#client.start();
    STREAMS.forEach((name, index) => {
      this.#client.subscribe(name, {
        onState: (state: InitialState["state"]) => {
          const trades = state.case === "trades" ? state.value.trades : [];
          this.#see(
            index,
            trades.map((trade) => trade.tradeId),
          );
        },
        onChange: (payload: ServerMessage["payload"]) => {
          this.#see(index, [...(this.seen[index]?.ids ?? []), ...tradeIds(payload)]);
        },
        onStatus: (status) => {
          const seen = this.seen[index];
          if (seen !== undefined) seen.status = status;
        },
      });
    });
  }

  run(steps: readonly Step[]): void {
    for (const one of steps) this.#do(one);
  }

  /** The network is kind from now on. */
  async calm(): Promise<void> {
    this.gateway.isUp = true;
    // What was lost at the very end shows with the next change.
    for (const name of STREAMS) this.gateway.publish(name, `${name}-last`);
    for (let i = 0; i < 40; i += 1) {
      this.gateway.accept();
      for (const socket of this.gateway.sockets) if (!socket.isAbandoned) socket.deliver();
      for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
      this.timers.advance(1_000);
    }
    for (const socket of this.gateway.sockets) if (!socket.isAbandoned) socket.deliver();
  }

  trueIds(index: number): string[] {
    return this.gateway.streams.get(STREAMS[index] ?? "")?.ids ?? [];
  }

  #see(index: number, ids: string[]): void {
    const seen = this.seen[index];
    if (seen === undefined) return;
    seen.ids = ids;
    // A state that the gateway had: the begin of what it has now, without holes or doubles.
    expect(ids).toEqual(this.trueIds(index).slice(0, ids.length));
  }

  #do(one: Step): void {
    const socket: ModelSocket | undefined = this.gateway.sockets.at(-1);
    switch (one.kind) {
      case "publish":
        this.#lastTrade += 1;
        this.gateway.publish(STREAMS[one.stream] ?? STREAMS[0], `t${this.#lastTrade}`);
        break;
      case "deliver":
        this.gateway.accept();
        if (socket !== undefined && !socket.isAbandoned) socket.deliver(one.count);
        break;
      case "drop":
        socket?.inFlight.splice(socket.inFlight.length - 1, 1);
        break;
      case "double": {
        const last = socket?.inFlight.at(-1);
        if (last !== undefined) socket?.inFlight.push(last);
        break;
      }
      case "cut":
        this.gateway.cut();
        break;
      case "restart":
        this.gateway.restart();
        break;
      case "late":
        // An old connection's messages come behind those of its successor.
        this.gateway.sockets[one.socket % Math.max(1, this.gateway.sockets.length - 1)]?.deliver(2);
        break;
      case "wait":
        this.timers.advance(one.ms);
        break;
      case "down":
        this.gateway.isUp = false;
        this.gateway.cut();
        break;
      case "up":
        this.gateway.isUp = true;
        break;
    }
  }
}

describe("StreamClient: any sequence of losses, doubles and reconnects", () => {
  it("shows states that the gateway had, and ends in the one that it has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const world = new World();
        world.run(steps);
        await world.calm();
        STREAMS.forEach((_, index) => {
          expect(world.seen[index]?.ids).toEqual(world.trueIds(index));
          expect(world.seen[index]?.status).toBe("live");
        });
      }),
      { numRuns: process.env.EVX_FULL === "1" ? 3_000 : 200 },
    );
  }, 120_000);
});
