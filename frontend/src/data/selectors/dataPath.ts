// The way of the data through the stack, as it is drawn: which service hands what to which.

import type { ServiceHealth } from "@/gen/evx/gateway/v1/system_views_pb";
import { ServiceState } from "@/gen/evx/gateway/v1/system_views_pb";

/** A box of the drawing; `column` and `row` are its place in a grid. */
export interface PathNode {
  readonly service: string;
  readonly column: number;
  readonly row: number;
  /** Undefined: the gateway does not tell of it. */
  readonly health: ServiceHealth | undefined;
}

/** An arrow: what the one hands to the other. */
export interface PathEdge {
  readonly from: string;
  readonly to: string;
  readonly what: string;
  /** False: one of its ends does not do its work, so that nothing may come. */
  readonly isFlowing: boolean;
  /** It goes below what stands between. */
  readonly isBelow: boolean;
}

export interface DataPath {
  readonly nodes: readonly PathNode[];
  readonly edges: readonly PathEdge[];
  readonly columnCount: number;
  readonly rowCount: number;
}

// Who may appear where: participants to the left, the browser's door to the right.
const PLACES: readonly { service: string; column: number; row: number }[] = [
  { service: "market-maker", column: 0, row: 0 },
  { service: "flow", column: 0, row: 1 },
  { service: "strategy-engine", column: 0, row: 2 },
  { service: "mock-kalshi", column: 1, row: 1 },
  { service: "market-data-server", column: 2, row: 1 },
  { service: "order-book-rebuilder", column: 3, row: 0 },
  { service: "gateway", column: 4, row: 1 },
];

const EDGES: readonly { from: string; to: string; what: string; isBelow?: boolean }[] = [
  { from: "market-maker", to: "mock-kalshi", what: "orders" },
  { from: "flow", to: "mock-kalshi", what: "orders" },
  { from: "strategy-engine", to: "mock-kalshi", what: "orders" },
  { from: "mock-kalshi", to: "market-data-server", what: "WebSocket" },
  { from: "market-data-server", to: "order-book-rebuilder", what: "Kafka" },
  { from: "market-data-server", to: "gateway", what: "Kafka: books, trades, tickers" },
  { from: "order-book-rebuilder", to: "gateway", what: "replay" },
  { from: "mock-kalshi", to: "gateway", what: "gRPC: accounts and orders", isBelow: true },
];

/** Whether what it hands on can be relied upon. */
function works(health: ServiceHealth | undefined): boolean {
  return health !== undefined && health.state !== ServiceState.DOWN;
}

/**
 * The drawing of these services: those that the gateway tells of, and of the arrows those with both
 * ends. A service without a place of its own stands in a row below.
 */
export function dataPath(services: readonly ServiceHealth[]): DataPath {
  const byName = new Map(services.map((health) => [health.service, health]));
  const placed = PLACES.filter((place) => byName.has(place.service));
  const known = new Set(PLACES.map((place) => place.service));
  const others = services.filter((health) => !known.has(health.service));
  const columnCount = 5;
  const firstFreeRow = 1 + placed.reduce((last, place) => Math.max(last, place.row), -1);
  const nodes: PathNode[] = [
    ...placed.map((place) => ({ ...place, health: byName.get(place.service) })),
    ...others.map((health, i) => ({
      service: health.service,
      column: i % columnCount,
      row: firstFreeRow + Math.floor(i / columnCount),
      health,
    })),
  ];
  const edges = EDGES.filter((edge) => byName.has(edge.from) && byName.has(edge.to)).map(
    (edge) => ({
      ...edge,
      isBelow: edge.isBelow === true,
      isFlowing: works(byName.get(edge.from)) && works(byName.get(edge.to)),
    }),
  );
  return {
    nodes,
    edges,
    columnCount,
    rowCount: nodes.reduce((rows, node) => Math.max(rows, node.row + 1), 0),
  };
}

export interface HealthCounts {
  ready: number;
  degraded: number;
  down: number;
}

export function healthCounts(services: readonly ServiceHealth[]): HealthCounts {
  const count = (state: ServiceState) => services.filter((one) => one.state === state).length;
  return {
    ready: count(ServiceState.READY),
    degraded: count(ServiceState.DEGRADED),
    down: count(ServiceState.DOWN),
  };
}

export function serviceStateText(state: ServiceState): string {
  switch (state) {
    case ServiceState.READY:
      return "ready";
    case ServiceState.DEGRADED:
      return "degraded";
    case ServiceState.DOWN:
      return "down";
    case ServiceState.UNSPECIFIED:
      return "unknown";
  }
}
