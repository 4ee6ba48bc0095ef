// What the stand-in tells of the stack itself: services as they stood when the pictures' stack ran,
// one recording in the player, and an operator's service that knows a few accounts.

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientMessage, ServerMessageSchema } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import { LogLevel, PlayerState, ServiceState } from "@/gen/evx/gateway/v1/system_views_pb";
import type { Venue } from "./venue";

type Payload = NonNullable<MessageInitShape<typeof ServerMessageSchema>["payload"]>;

const NS = 1_000_000n;
const MINUTE_MS = 60_000;
const HOUR_NS = 3_600_000_000_000n;
const DOLLAR = 1_000_000n;

function nowNs(): bigint {
  return BigInt(Date.now()) * NS;
}

const READY = ServiceState.READY;
const SERVICES = [
  { service: "market-maker", state: READY, figure: ["orders", "41", "/s"] },
  { service: "flow", state: READY, figure: ["orders", "118", "/s"] },
  { service: "mock-kalshi", state: READY, figure: ["commands", "163", "/s"] },
  { service: "market-data-server", state: READY, figure: ["frames", "412", "/s"] },
  {
    service: "order-book-rebuilder",
    state: ServiceState.DEGRADED,
    figure: ["lag", "38", "records"],
  },
  { service: "gateway", state: READY, figure: ["clients", "1", ""] },
] as const;

function services() {
  return SERVICES.map(({ service, state, figure: [name, value, unit] }) => ({
    service,
    state,
    version: "0.1.0",
    checkedTimeNs: nowNs(),
    figures: [
      { name, value, unit },
      { name: "gaps", value: "0", unit: "" },
      { name: "uptime", value: "2.4", unit: "h" },
    ],
    checks:
      state === READY
        ? [{ name: "kafka", isOk: true }]
        : [{ name: "lag", isOk: false, detail: "38 records behind, at most 20 are allowed" }],
  }));
}

const ACCOUNTS = ["market-maker", "flow", "demo"] as const;

/** The recorded trades as executions of two accounts, newest first. */
function listFills(request: Record<string, string>, venue: Venue) {
  const skipped = Number(request.pageToken || 0);
  const size = Number(request.pageSize || 1_000);
  const fills = venue.trades.toReversed().flatMap((trade, i) =>
    [true, false].map((isTaker) => ({
      accountId: isTaker ? "2" : "1",
      accountName: ACCOUNTS[isTaker ? 1 : 0],
      fill: {
        tradeId: trade.tradeId,
        orderId: `${trade.tradeId}-${isTaker ? "t" : "m"}`,
        marketTicker: venue.deepTicker,
        side: isTaker === (i % 3 !== 0) ? "BOOK_SIDE_BID" : "BOOK_SIDE_ASK",
        isTaker,
        priceMicros: String(trade.priceMicros),
        quantityCentis: String(trade.quantityCentis),
        feeMicros: isTaker ? "17500" : "0",
        createTime: new Date(Number(BigInt(trade.eventTimeNs) / NS)).toISOString(),
      },
    })),
  );
  const page = fills.slice(skipped, skipped + size);
  const isLast = skipped + size >= fills.length;
  return { fills: page, nextPageToken: isLast ? "" : String(skipped + size) };
}

/** By method of evx.ops.v1.OperatorService: what it answers. */
function operatorAnswer(method: string, request: Record<string, string>, venue: Venue): unknown {
  switch (method) {
    case "GetExchange":
      return {
        exchangeActive: true,
        tradingActive: true,
        accepting: true,
        sequenceNumber: "1204881",
        lastCommandTime: new Date().toISOString(),
        marketCount: String(venue.markets.size),
        accountCount: "3",
        openOrderCount: "214",
        queueSize: "0",
      };
    case "GetMarket":
      return {
        market: {
          marketTicker: request.marketTicker,
          eventTicker: venue.markets.get(request.marketTicker ?? "")?.eventTicker,
          status: "MARKET_STATUS_CLOSED",
          priceLevelStructure: "linear_cent",
          openTime: new Date(venue.startMs).toISOString(),
          closeTime: new Date(venue.startMs + MINUTE_MS).toISOString(),
          volumeCentis: "1250000",
          openInterestCentis: "480000",
          orders: { restingCount: "18" },
          bookHash: "5f0c2b1e99a4d377",
        },
      };
    case "ListAccounts":
      return {
        accounts: ACCOUNTS.map((accountName, i) => ({
          accountId: String(i + 1),
          accountName,
          tier: "USAGE_TIER_BASIC",
          cashMicros: String(BigInt(50_000 - i * 19_000) * DOLLAR),
          holdMicros: String(BigInt(1_200 >> i) * DOLLAR),
          openPositionCount: String(12 >> i),
          feesPaidMicros: String(71_250_000n >> BigInt(i)),
          realizedPnlMicros: String(i === 1 ? -41_000_000 : 93_500_000),
          orders: {
            acceptedCount: "91233",
            restingCount: String(160 >> i),
            executedCount: "20411",
            rejectedCount: "37",
            fillRatioMillionths: "224000",
          },
        })),
      };
    case "ListOpenOrders":
      return {
        orders: Array.from({ length: 12 }, (_, i) => ({
          accountId: String(1 + (i % 2)),
          accountName: ACCOUNTS[i % 2],
          order: {
            orderId: `00000000-0000-4000-8000-0000000000${10 + i}`,
            marketTicker: request.marketTicker || venue.deepTicker,
            side: i % 2 === 0 ? "BOOK_SIDE_BID" : "BOOK_SIDE_ASK",
            priceMicros: String(400_000 + i * 10_000),
            remainingQuantityCentis: String(1_000 * (i + 1)),
            createTime: new Date().toISOString(),
          },
        })),
      };
    case "ListFills":
      return listFills(request, venue);
    case "ListFaults":
      return {
        allowed: true,
        profiles: [
          {
            door: "rest",
            profile: { latencyMicros: "20000", tooManyRequestsMillionths: "5000" },
            messageCount: "311",
          },
        ],
      };
    case "ListFaultLog":
      return {
        entries: [{ number: "1", door: "rest", kind: "too_many_requests", messageOrdinal: "17" }],
      };
    default:
      return { sequenceNumber: "1" };
  }
}

export class Operations {
  readonly #startNs = nowNs();

  constructor(private readonly venue: Venue) {}

  /** Streams and the state they begin with. */
  streams(): [string, () => Payload][] {
    const state = (value: unknown) => () =>
      ({ case: "initialState", value: { state: value } }) as Payload;
    const ticker = this.venue.deepTicker;
    return [
      ["health", () => state({ case: "health", value: { services: services() } })()],
      ["log", state({ case: "log", value: { lines: this.#log() } })],
      ["player", () => state({ case: "player", value: this.#player() })()],
      [`replay-book:${ticker}`, () => state({ case: "book", value: this.#book() })()],
      [
        `replay-trades:${ticker}`,
        () => state({ case: "trades", value: { trades: this.venue.trades.slice(-60) } })(),
      ],
    ];
  }

  answer(payload: ClientMessage["payload"]): Payload | undefined {
    switch (payload.case) {
      case "callOperator": {
        const { method, requestJson } = payload.value;
        const value = JSON.stringify(
          operatorAnswer(method, JSON.parse(requestJson || "{}"), this.venue),
        );
        return { case: "answer", value: { answer: { case: "operatorJson", value } } };
      }
      case "listEquity":
        return {
          case: "answer",
          value: { answer: { case: "equity", value: { marks: this.#marks() } } },
        };
      case "openReplay":
      case "controlReplay":
        return {
          case: "answer",
          value: { answer: { case: "player", value: this.#player() } },
        };
      default:
        return undefined;
    }
  }

  /** What the REST door gives; undefined: nothing. */
  rest(path: string): unknown {
    const at = new Date(Number(this.#startNs / NS)).toISOString();
    const session = { begun_at: at, expires_at: at, remote_address: "127.0.0.1" };
    if (path === "/api/v1/sessions") {
      return {
        sessions: [
          { ...session, session_id: "s1", is_current: true, user_agent: "Chromium 140, Linux" },
          { ...session, session_id: "s2", is_current: false, user_agent: "Firefox 150, Android" },
        ],
      };
    }
    if (path === "/api/v1/environments") {
      return {
        environments: [
          { name: "paper", label: "Paper", url: "http://127.0.0.1:8080", mode: "paper" },
          { name: "lab", label: "Lab", url: "http://localhost:8180", mode: "paper" },
        ],
        current: "paper",
      };
    }
    if (path.startsWith("/api/v1/users")) {
      const user = { is_disabled: false, has_password: true, created_at: at, updated_at: at };
      return {
        users: [
          { ...user, user_name: "demo", role: "admin" },
          { ...user, user_name: "desk", role: "trader", has_password: false },
          { ...user, user_name: "wall-screen", role: "viewer", is_disabled: true },
        ],
        next_after: "",
      };
    }
    return undefined;
  }

  #log() {
    const line = (minutesAgo: number, level: LogLevel, service: string, detail: string) => ({
      level,
      service,
      kind: level === LogLevel.ERROR ? "gap" : "lag",
      detail,
      timeNs: this.#startNs - BigInt(minutesAgo * MINUTE_MS) * NS,
    });
    return [
      line(44, LogLevel.ERROR, "market-data-server", "sequence 118 was followed by 121"),
      line(43, LogLevel.INFO, "market-data-server", "the book is whole again by its snapshot"),
      line(2, LogLevel.WARNING, "order-book-rebuilder", "38 records behind"),
    ];
  }

  #player() {
    return {
      state: PlayerState.PLAYING,
      replayId: "replay-1",
      marketTickers: [this.venue.deepTicker],
      positionTimeNs: this.#startNs - HOUR_NS / 2n,
      fromTimeNs: this.#startNs - HOUR_NS,
      untilTimeNs: this.#startNs,
      speed: "1",
      recordingFirstTimeNs: this.#startNs - 24n * HOUR_NS,
      recordingLastTimeNs: this.#startNs,
    };
  }

  #book() {
    const levels = (side: Map<number, number>, direction: number) =>
      [...side]
        .sort((a, b) => direction * (a[0] - b[0]))
        .map(([price, quantity]) => ({
          priceMicros: BigInt(price),
          quantityCentis: BigInt(quantity),
        }));
    return {
      marketTicker: this.venue.deepTicker,
      bids: levels(this.venue.bids, -1),
      asks: levels(this.venue.asks, 1),
      replayId: "replay-1",
    };
  }

  /** One mark for each minute of an hour: a slow wave, so that the curve has something to show. */
  #marks() {
    return Array.from({ length: 60 }, (_, i) => ({
      timeNs: this.#startNs - BigInt((60 - i) * MINUTE_MS) * NS,
      cashMicros: 9_900n * DOLLAR,
      positionValueMicros: BigInt(Math.round(100e6 + 40e6 * Math.sin((60 - i) / 7))),
    }));
  }
}
