import { beforeEach, describe, expect, it, vi } from "vitest";
import { beforeNextFrame, inOneOfTheNextFrames } from "./frame";

const frames: (() => void)[] = [];
let drawn: string[] = [];

function drawFrame(): string[] {
  drawn = [];
  frames.shift()?.();
  return drawn;
}

const flushes = Object.fromEntries(
  ["a", "b", "c", "d"].map((name) => [name, () => void drawn.push(name)]),
) as Record<"a" | "b" | "c" | "d", () => void>;

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
});

describe("A frame", () => {
  it("has all that is prompt, once", () => {
    for (const flush of [flushes.a, flushes.b, flushes.a]) beforeNextFrame(flush);
    expect(frames).toHaveLength(1);
    expect(drawFrame()).toEqual(["a", "b"]);
    expect(frames).toHaveLength(0);
  });

  it("has one of those that take long, and nothing waits for more than one frame", () => {
    for (const flush of [flushes.a, flushes.b, flushes.c, flushes.a]) inOneOfTheNextFrames(flush);
    beforeNextFrame(flushes.d);
    expect(drawFrame()).toEqual(["d", "a"]);
    inOneOfTheNextFrames(flushes.a);
    inOneOfTheNextFrames(flushes.b);
    expect(drawFrame()).toEqual(["b", "c"]);
    expect(drawFrame()).toEqual(["a"]);
    expect(frames).toHaveLength(0);
  });
});
