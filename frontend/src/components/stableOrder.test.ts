import { describe, expect, it } from "vitest";
import { stableOrder } from "@/components/stableOrder";

describe("stableOrder", () => {
  it("follows the sort while nobody points at it", () => {
    expect(stableOrder(["a", "b"], ["b", "a"], false)).toEqual(["b", "a"]);
  });

  it("stands still while somebody does: gone rows go, new ones come last", () => {
    expect(stableOrder(["a", "b", "c"], ["d", "c", "a"], true)).toEqual(["a", "c", "d"]);
  });

  it("gives back the same list when nothing changed", () => {
    const before = ["a", "b"];
    expect(stableOrder(before, ["a", "b"], false)).toBe(before);
    expect(stableOrder(before, ["b", "a"], true)).toBe(before);
  });
});
