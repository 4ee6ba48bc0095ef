import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sampled } from "./sampled";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function source() {
  const listeners = new Set<() => void>();
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change: () => {
      for (const listener of listeners) listener();
    },
    listeners,
  };
}

describe("sampled", () => {
  it("tells the first change at once, then at most so often, and at last of the last one", () => {
    const { subscribe, change } = source();
    const listener = vi.fn();
    sampled(subscribe, 200)(listener);
    change();
    expect(listener).toHaveBeenCalledTimes(1);
    for (let round = 0; round < 10; round += 1) change();
    expect(listener).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(200);
    expect(listener).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(1_000);
    expect(listener).toHaveBeenCalledTimes(2);
    change();
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it("tells nothing after its end", () => {
    const { subscribe, change, listeners } = source();
    const listener = vi.fn();
    const stop = sampled(subscribe, 200)(listener);
    change();
    change();
    stop();
    vi.advanceTimersByTime(1_000);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(listeners.size).toBe(0);
  });
});
