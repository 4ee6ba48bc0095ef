import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { beforeNextFrame, inOneOfTheNextFrames } from "./frame";

const LONG_MS = 1_000;

const frames: (() => void)[] = [];
let drawn: string[] = [];
let time = 0;

function drawFrame(afterMs = 16): string[] {
  time += afterMs;
  drawn = [];
  frames.shift()?.();
  return drawn;
}

const flushes = Object.fromEntries(
  ["a", "b", "c", "d"].map((name) => [name, () => void drawn.push(name)]),
) as Record<"a" | "b" | "c" | "d", () => void>;

beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => time);
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
});

// The module's plan goes from test to test.
afterEach(() => {
  while (frames.length > 0) drawFrame(LONG_MS);
});

describe("A frame", () => {
  it("has all that is prompt, once", () => {
    for (const flush of [flushes.a, flushes.b, flushes.a]) beforeNextFrame(flush);
    expect(frames).toHaveLength(1);
    expect(drawFrame()).toEqual(["a", "b"]);
    expect(drawFrame()).toEqual([]);
  });

  it("has one of those that take long, and nothing waits for more than one frame", () => {
    for (const flush of [flushes.a, flushes.b, flushes.c, flushes.a]) inOneOfTheNextFrames(flush);
    beforeNextFrame(flushes.d);
    expect(drawFrame()).toEqual(["d", "a"]);
    inOneOfTheNextFrames(flushes.a);
    inOneOfTheNextFrames(flushes.b);
    expect(drawFrame()).toEqual(["b", "c"]);
    expect(drawFrame()).toEqual(["a"]);
    expect(drawFrame()).toEqual([]);
  });

  it("is asked for until nothing has changed for a while", () => {
    beforeNextFrame(flushes.a);
    drawFrame();
    expect(drawFrame()).toEqual([]);
    expect(frames).toHaveLength(1);
    expect(drawFrame(LONG_MS)).toEqual([]);
    expect(frames).toHaveLength(0);
  });
});
