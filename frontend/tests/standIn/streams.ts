// Streams as the gateway keeps them: a number for each message, a state for those who come.

import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { WebSocket } from "ws";
import { ServerMessageSchema } from "@/gen/evx/gateway/v1/gateway_messages_pb";

type Payload = NonNullable<MessageInitShape<typeof ServerMessageSchema>["payload"]>;

const EPOCH = BigInt(Date.now());

export class StandInStream {
  readonly #sockets = new Set<WebSocket>();
  #sequence = 1n;

  constructor(
    readonly name: string,
    private readonly state: () => Payload,
  ) {}

  get isWanted(): boolean {
    return this.#sockets.size > 0;
  }

  add(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.send(this.#encode(this.state()));
  }

  remove(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  publish(payload: Payload): void {
    this.#sequence += 1n;
    const data = this.#encode(payload);
    for (const socket of this.#sockets) socket.send(data);
  }

  #encode(payload: Payload): Uint8Array {
    return toBinary(
      ServerMessageSchema,
      create(ServerMessageSchema, {
        stream: this.name,
        epoch: EPOCH,
        sequence: this.#sequence,
        payload,
      }),
    );
  }
}
