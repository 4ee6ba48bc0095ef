import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useTurns } from "./useTurns";

afterEach(() => vi.unstubAllGlobals());

test("a part is drawn with each frame, and none is asked for behind the last", () => {
  let frames: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
  vi.stubGlobal("cancelAnimationFrame", () => {});
  const next = () =>
    act(() => {
      const due = frames;
      frames = [];
      for (const run of due) run();
    });
  const { result } = renderHook(() => useTurns(2));
  expect(result.current).toBe(0);
  next();
  expect(result.current).toBe(1);
  next();
  expect(result.current).toBe(2);
  expect(frames).toEqual([]);
});
