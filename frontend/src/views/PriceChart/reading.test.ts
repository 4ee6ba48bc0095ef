import { describe, expect, it } from "vitest";
import { readCandle } from "./reading";

const CANDLE = { time: 60, open: 40, high: 42.5, low: 40, close: 41, chance: 41.25, volume: 1_250 };

describe("the reading of the chart", () => {
  it("tells a candle and the own fills in it", () => {
    const mark = {
      time: 60,
      isBid: true,
      quantityCentis: 1_500n,
      averageMicros: 823_333n,
      fillCount: 3,
    };
    expect(readCandle(CANDLE, [mark, { ...mark, time: 120 }])).toEqual({
      prices: "O 40.0  H 42.5  L 40.0  C 41.0  Chance 41.3  Vol 1,250",
      fills: "\u25b2 bought 15 @ 0.8233 in 3 fills",
    });
  });

  it("says that nothing was traded", () => {
    const quiet = { ...CANDLE, open: undefined, close: undefined, chance: undefined, volume: 0 };
    expect(readCandle(quiet, []).prices).toBe("no trade  Chance \u2013  Vol 0");
    expect(readCandle(undefined, []).prices).toBe("");
  });
});
