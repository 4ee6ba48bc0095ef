import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { MarketResult, MarketStatus } from "@/gen/evx/common/v1/common_pb";
import { MarketSchema, MarketTickerSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import type { MarketEntry } from "../stores/marketsStore";
import { categoriesOf, groupByEvent, impliedPrice, matchesFilter, spreadOf } from "./marketRows";

function entry(name: string, bid: bigint, ask: bigint, event = "E"): MarketEntry {
  return {
    market: create(MarketSchema, {
      marketTicker: name,
      eventTicker: event,
      title: `High in ${event}`,
      subtitle: "40 to 41",
      category: event === "E" ? "Climate" : "Sports",
      status: MarketStatus.ACTIVE,
    }),
    ticker: create(MarketTickerSchema, {
      marketTicker: name,
      bidPriceMicros: bid,
      askPriceMicros: ask,
    }),
  };
}

const ALL = { text: "", category: "", status: "all" } as const;

describe("matchesFilter", () => {
  const row = entry("KXHIGH-B40", 400_000n, 420_000n);

  it.each([
    ["kxhigh 41", true],
    ["b40 high", true],
    ["  ", true],
    ["gold", false],
    ["high gold", false],
  ])("finds %j: %s", (text, isFound) => {
    expect(matchesFilter(row, { ...ALL, text })).toBe(isFound);
  });

  it("looks at category, status and favourites", () => {
    expect(matchesFilter(row, { ...ALL, category: "Sports" })).toBe(false);
    expect(matchesFilter(row, { ...ALL, status: "open" })).toBe(true);
    row.market.status = MarketStatus.CLOSED;
    expect(matchesFilter(row, { ...ALL, status: "open" })).toBe(false);
    expect(matchesFilter(row, { ...ALL, tickers: new Set(["OTHER"]) })).toBe(false);
  });
});

describe("prices of a row", () => {
  it("has a spread when both sides have one", () => {
    expect(spreadOf(entry("A", 400_000n, 420_000n))).toBe(20_000n);
    expect(spreadOf(entry("A", 0n, 420_000n))).toBeUndefined();
    expect(spreadOf(entry("A", 400_000n, 1_000_000n))).toBeUndefined();
  });

  it("implies the middle, else the last trade, else nothing", () => {
    const row = entry("A", 0n, 1_000_000n);
    expect(impliedPrice(row)).toBeUndefined();
    if (row.ticker !== undefined) row.ticker.lastPriceMicros = 300_000n;
    expect(impliedPrice(row)).toBe(300_000n);
    expect(impliedPrice(entry("A", 400_000n, 420_000n))).toBe(410_000n);
    row.market.result = MarketResult.NO;
    expect(impliedPrice(row)).toBeUndefined();
  });
});

describe("events", () => {
  it("group markets in the order of the first of each", () => {
    const rows = [
      entry("A", 400_000n, 420_000n),
      entry("X", 1n, 2n, "F"),
      entry("B", 550_000n, 590_000n),
    ];
    const groups = groupByEvent(rows);
    expect(groups.map((group) => group.marketTickers)).toEqual([["A", "B"], ["X"]]);
    expect(categoriesOf(rows)).toEqual(["Climate", "Sports"]);
  });
});
