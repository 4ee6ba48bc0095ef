import { describe, expect, it } from "vitest";
import { formatCountdown, secondsUntil } from "@/components/times";

describe("count-downs", () => {
  it.each([
    [0, "0:00"],
    [-5, "0:00"],
    [9, "0:09"],
    [545, "9:05"],
    [3_600, "1h 00m"],
    [15_120, "4h 12m"],
    [273_600, "3d 04h"],
    [173 * 365 * 86_400, "173y"],
  ])("%d seconds are %j", (seconds, text) => {
    expect(formatCountdown(seconds)).toBe(text);
  });

  it("counts whole seconds to a moment", () => {
    expect(secondsUntil(10_000_000_000n, 4)).toBe(6);
    expect(secondsUntil(2_000_000_000n, 4)).toBe(-2);
  });
});
