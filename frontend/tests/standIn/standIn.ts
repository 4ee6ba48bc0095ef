// A gateway for looking at the page without the stack: the real messages over a real WebSocket, filled
// from a recording. For development and pictures only; the product talks to the gateway.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type WebSocket, WebSocketServer } from "ws";
import {
  type ClientMessage,
  ClientMessageSchema,
  type ServerMessageSchema as Schema,
  ServerMessageSchema,
} from "@/gen/evx/gateway/v1/gateway_messages_pb";
import { MarketSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import { Role } from "@/gen/evx/gateway/v1/requests_pb";
import { Account } from "./account";
import { Operations } from "./operations";
import { readRecording } from "./recording";
import { StandInStream } from "./streams";
import { Venue } from "./venue";

type Payload = NonNullable<MessageInitShape<typeof Schema>["payload"]>;

const WINDOW_MS = 50;
const TRADES_SHOWN = 100;

export class StandIn {
  readonly venue = new Venue(readRecording());
  readonly account = new Account(this.venue);
  readonly operations = new Operations(this.venue);
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #streams = new Map<string, StandInStream>();
  readonly #sockets = new Set<WebSocket>();
  readonly #timer: NodeJS.Timeout;
  #isSignedIn = true;

  constructor() {
    const { deepTicker } = this.venue;
    this.#add("markets", () => this.#markets());
    this.#add(`book:${deepTicker}`, () => this.#book());
    this.#add(`trades:${deepTicker}`, () => ({
      case: "initialState",
      value: {
        state: { case: "trades", value: { trades: this.venue.trades.slice(-TRADES_SHOWN) } },
      },
    }));
    this.account.stream = this.#add("portfolio", () => ({
      case: "initialState",
      value: { state: { case: "portfolio", value: this.account.state() } },
    }));
    for (const [name, state] of this.operations.streams()) this.#add(name, state);
    this.account.seed();
    this.#timer = setInterval(() => this.#tick(), WINDOW_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.cutAll();
    this.#server.close();
  }

  /** Ends every connection, as a gateway that is started anew does. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#open(opened));
  }

  /** The REST door; false: the path is none of its own. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url === "/stand-in/cut") {
      this.cutAll();
      response.writeHead(204).end();
      return true;
    }
    const listed = this.operations.rest(request.url ?? "");
    if (listed !== undefined) {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(listed));
      return true;
    }
    if (request.url !== "/api/v1/session") return false;
    if (request.method === "DELETE") this.#isSignedIn = false;
    if (request.method === "POST") this.#isSignedIn = true;
    if (!this.#isSignedIn && request.method === "GET") {
      const error = { reason: "SignInRequired", message: "Sign in first.", is_retryable: false };
      response.writeHead(401, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error }));
      return true;
    }
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ user_name: "demo", role: "admin", csrf_token: "stand-in" }));
    return true;
  }

  #add(name: string, state: () => Payload): StandInStream {
    const stream = new StandInStream(name, state);
    this.#streams.set(name, stream);
    return stream;
  }

  #tick(): void {
    const { tickers, levels, trades, isWhole } = this.venue.advance();
    const { deepTicker } = this.venue;
    if (tickers.length > 0) {
      this.#streams
        .get("markets")
        ?.publish({ case: "marketTicker", value: { tickers, markets: [] } });
    }
    if (levels.length > 0 || isWhole) {
      this.#streams.get(`book:${deepTicker}`)?.publish({
        case: "bookUpdate",
        value: { levels, isWhole, health: this.venue.health() },
      });
    }
    if (trades.length > 0) {
      this.#streams.get(`trades:${deepTicker}`)?.publish({ case: "trades", value: { trades } });
    }
  }

  #markets(): Payload {
    // Rules come with GetMarket only.
    const rows = Array.from(this.venue.markets.values(), (facts) => {
      const market = create(MarketSchema, { ...facts, rules: "" });
      const ticker = this.venue.tickers.get(market.marketTicker);
      return { market, ...(ticker === undefined ? {} : { ticker }) };
    });
    return {
      case: "initialState",
      value: { state: { case: "markets", value: { rows } } },
    };
  }

  #book(): Payload {
    const levels = (side: Map<number, number>, direction: number) =>
      [...side]
        .sort((a, b) => direction * (a[0] - b[0]))
        .map(([price, quantity]) => ({
          priceMicros: BigInt(price),
          quantityCentis: BigInt(quantity),
        }));
    const value = {
      marketTicker: this.venue.deepTicker,
      bids: levels(this.venue.bids, -1),
      asks: levels(this.venue.asks, 1),
      health: this.venue.health(),
    };
    return { case: "initialState", value: { state: { case: "book", value } } };
  }

  #open(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const stream of this.#streams.values()) stream.remove(socket);
    });
    socket.on("message", (data: Buffer) => {
      this.#receive(socket, fromBinary(ClientMessageSchema, data));
    });
    this.#send(socket, 0n, {
      case: "welcome",
      value: {
        user: { userName: "demo", role: Role.ADMIN },
        mode: "paper",
        venue: "recording",
        version: "stand-in",
        timeNs: BigInt(Date.now()) * 1_000_000n,
      },
    });
  }

  #send(socket: WebSocket, requestId: bigint, payload: Payload): void {
    const message = create(ServerMessageSchema, { requestId, payload });
    socket.send(toBinary(ServerMessageSchema, message));
  }

  #receive(socket: WebSocket, message: ClientMessage): void {
    const { payload, requestId } = message;
    if (payload.case === "subscribe") {
      for (const wanted of payload.value.streams) this.#subscribe(socket, wanted.stream);
    }
    if (payload.case === "unsubscribe") {
      for (const name of payload.value.streams) this.#streams.get(name)?.remove(socket);
    }
    this.#send(socket, requestId, this.#answer(payload));
  }

  #subscribe(socket: WebSocket, name: string): void {
    const stream = this.#streams.get(name);
    if (stream !== undefined) {
      stream.add(socket);
      return;
    }
    this.#send(socket, 0n, {
      case: "refusal",
      value: { reason: "NotRecorded", message: "The recording has no such stream.", stream: name },
    });
  }

  #answer(payload: ClientMessage["payload"]): Payload {
    switch (payload.case) {
      case "subscribe":
      case "unsubscribe":
      case "ping":
        return { case: "done", value: { timeNs: BigInt(Date.now()) * 1_000_000n } };
      case "createOrder":
        return { case: "commandResult", value: this.account.create(payload.value) };
      case "amendOrder":
        return { case: "commandResult", value: this.account.amend(payload.value) };
      case "cancelOrders": {
        const { commandId, orderIds } = payload.value;
        return { case: "commandResult", value: this.account.cancel(commandId, orderIds) };
      }
      case "listOrderGroups":
        return {
          case: "answer",
          value: {
            answer: { case: "orderGroups", value: { orderGroups: this.account.orderGroups } },
          },
        };
      case "createOrderGroup":
        return { case: "commandResult", value: this.account.createGroup(payload.value) };
      case "resetOrderGroup":
        return { case: "commandResult", value: { commandId: payload.value.commandId } };
      case "emergencyStop":
        return { case: "commandResult", value: this.account.cancelAll(payload.value.commandId) };
      case "getMarket": {
        const market = this.venue.markets.get(payload.value.marketTicker);
        if (market === undefined) return refusal("UnknownMarket", "There is no such market.");
        const ticker = this.venue.tickers.get(market.marketTicker);
        const row = { market, ...(ticker === undefined ? {} : { ticker }) };
        return { case: "answer", value: { answer: { case: "market", value: row } } };
      }
      case "listCandles": {
        const { marketTicker, periodSeconds } = payload.value;
        const candles = this.venue.candles(marketTicker, periodSeconds);
        return { case: "answer", value: { answer: { case: "candles", value: { candles } } } };
      }
      case "listTrades": {
        const trades = this.venue.trades.filter(
          (trade) => trade.marketTicker === payload.value.marketTicker,
        );
        return {
          case: "answer",
          value: { answer: { case: "trades", value: { trades: trades.toReversed() } } },
        };
      }
      default:
        return (
          this.operations.answer(payload) ??
          refusal("NotRecorded", "The recording does not hold that.")
        );
    }
  }
}

function refusal(reason: string, message: string): Payload {
  return { case: "refusal", value: { reason, message } };
}
