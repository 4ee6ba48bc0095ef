import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ServiceHealthSchema, ServiceState } from "@/gen/evx/gateway/v1/system_views_pb";
import { dataPath, healthCounts, serviceStateText } from "./dataPath";

function service(name: string, state = ServiceState.READY) {
  return create(ServiceHealthSchema, { service: name, state });
}

test("arrows have both ends, and a dead end stops them", () => {
  const path = dataPath([
    service("mock-kalshi"),
    service("market-data-server", ServiceState.DOWN),
    service("market-maker"),
  ]);
  expect(path.edges).toEqual([
    { from: "market-maker", to: "mock-kalshi", what: "orders", isFlowing: true, isBelow: false },
    {
      from: "mock-kalshi",
      to: "market-data-server",
      what: "WebSocket",
      isFlowing: false,
      isBelow: false,
    },
  ]);
});

test("every service that is told of has a place of its own", () => {
  const names = ["gateway", "flow", "new-one", "another", "mock-kalshi", "third"];
  const path = dataPath(names.map((name) => service(name)));
  expect(path.nodes.map((node) => node.service).sort()).toEqual([...names].sort());
  const places = path.nodes.map((node) => `${node.column}/${node.row}`);
  expect(new Set(places).size).toBe(names.length);
  expect(path.rowCount).toBe(3);
});

test("nothing is drawn of nothing", () => {
  expect(dataPath([])).toMatchObject({ nodes: [], edges: [], rowCount: 0 });
});

test("services are counted and named by their state", () => {
  const services = [
    service("a"),
    service("b", ServiceState.DEGRADED),
    service("c", ServiceState.DOWN),
    service("d"),
  ];
  expect(healthCounts(services)).toEqual({ ready: 2, degraded: 1, down: 1 });
  expect(serviceStateText(ServiceState.DOWN)).toBe("down");
});
