import { expect, test } from "vitest";
import { formatClock, formatMoment, formatSpan, inputMoment, parseMoment } from "./time";

const MOMENT = BigInt(new Date(2026, 2, 1, 14, 3, 9, 120).getTime()) * 1_000_000n;

test("moments are those of the browser's time zone", () => {
  expect(formatClock(MOMENT)).toBe("14:03:09");
  expect(formatClock(MOMENT, true)).toBe("14:03:09.120");
  expect(formatMoment(MOMENT)).toBe("2026-03-01 14:03:09");
  expect(formatClock(0n)).toBe("");
  expect(formatMoment(0n)).toBe("");
});

test("what an input was given it gives back, to the second", () => {
  expect(parseMoment(inputMoment(MOMENT))).toBe(MOMENT - 120_000_000n);
  expect(parseMoment("x")).toBeUndefined();
});

test.each([
  [0, "0s"],
  [59, "59s"],
  [189, "3m 9s"],
  [3_600, "1h"],
  [187_200, "2d 4h"],
  [86_409, "1d"],
  [-5, "0s"],
])("%s seconds are %s", (seconds, text) => {
  expect(formatSpan(BigInt(seconds) * 1_000_000_000n)).toBe(text);
});
