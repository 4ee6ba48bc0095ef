import { expect, test } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { type QuoteRequest, quoteLadder } from "./quotes";

const CENT = 10_000n;
const BANDS = [{ startMicros: 0n, endMicros: 1_000_000n, stepMicros: CENT }];
const EMPTY = { bidMicros: undefined, askMicros: undefined };

function request(changes: Partial<QuoteRequest> = {}): QuoteRequest {
  return {
    middleMicros: 50n * CENT,
    offsetTicks: 1,
    levelCount: 3,
    spacingTicks: 2,
    quantityCentis: 1_000n,
    sides: "both",
    ...changes,
  };
}

function cents(changes: Partial<QuoteRequest>, best = EMPTY as Parameters<typeof quoteLadder>[2]) {
  return quoteLadder(BANDS, request(changes), best).map(
    (draft) =>
      `${draft.side === BookSide.BID ? "bid" : "ask"} ${(draft.priceMicros / CENT).toString()}`,
  );
}

test("quotes lie around the middle, best first", () => {
  expect(cents({})).toEqual(["bid 49", "bid 47", "bid 45", "ask 51", "ask 53", "ask 55"]);
});

test("a middle between two ticks is rounded away from the other side", () => {
  expect(cents({ middleMicros: 505_000n, levelCount: 1, offsetTicks: 0 })).toEqual([
    "bid 50",
    "ask 51",
  ]);
});

test("one side only", () => {
  expect(cents({ sides: "bids", levelCount: 1 })).toEqual(["bid 49"]);
  expect(cents({ sides: "asks", levelCount: 1 })).toEqual(["ask 51"]);
});

test("no quote crosses the book", () => {
  const best = { bidMicros: 54n * CENT, askMicros: 56n * CENT };
  expect(cents({ levelCount: 2 }, best)).toEqual(["bid 49", "bid 47", "ask 55", "ask 57"]);
  expect(cents({ middleMicros: 60n * CENT, levelCount: 1 }, best)).toEqual(["bid 55", "ask 61"]);
});

test("quotes do not cross each other", () => {
  expect(cents({ offsetTicks: 0, levelCount: 2, spacingTicks: 1 })).toEqual([
    "bid 50",
    "bid 49",
    "ask 51",
  ]);
});

test("the ladder ends with the grid and at twenty a side", () => {
  expect(cents({ middleMicros: 3n * CENT, sides: "bids", levelCount: 9, spacingTicks: 1 })).toEqual(
    ["bid 2", "bid 1"],
  );
  expect(quoteLadder(BANDS, request({ levelCount: 99, spacingTicks: 1 }), EMPTY).length).toBe(40);
});
