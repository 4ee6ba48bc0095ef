import { describe, expect, it } from "vitest";
import { type Action, isForField, KeyReader } from "@/app/actions";

function action(id: string, keys: string, isEverywhere = false): Action {
  return { id, title: id, group: "Test", keys, isEverywhere, run: () => {} };
}

const ACTIONS = [
  action("markets", "g m"),
  action("buy", "b"),
  action("palette", "mod+k", true),
  action("no-keys", ""),
];

describe("KeyReader", () => {
  it("reads one key, and one after the other", () => {
    const reader = new KeyReader();
    expect(reader.read("b", 0, ACTIONS, false)?.id).toBe("buy");
    expect(reader.read("g", 10, ACTIONS, false)).toBeNull();
    expect(reader.read("m", 20, ACTIONS, false)?.id).toBe("markets");
  });

  it("forgets the first key after a while, and after another one", () => {
    const reader = new KeyReader();
    reader.read("g", 0, ACTIONS, false);
    expect(reader.read("m", 5_000, ACTIONS, false)).toBeNull();
    reader.read("g", 6_000, ACTIONS, false);
    expect(reader.read("b", 6_010, ACTIONS, false)?.id).toBe("buy");
    expect(reader.read("m", 6_020, ACTIONS, false)).toBeNull();
  });

  it("lets a field have its keys, but for those that are meant everywhere", () => {
    const reader = new KeyReader();
    expect(reader.read("b", 0, ACTIONS, true)).toBeNull();
    expect(reader.read("mod+k", 0, ACTIONS, true)?.id).toBe("palette");
  });
});

describe("isForField", () => {
  const input = (type: string) => Object.assign(document.createElement("input"), { type });

  it("leaves every key to a field that text goes into", () => {
    for (const field of [input("text"), input("search"), document.createElement("textarea")]) {
      for (const key of ["k", "ArrowLeft", "Enter"]) expect(isForField(field, key)).toBe(true);
    }
  });

  it("leaves to a switch or a slider only the keys that move it", () => {
    for (const field of [input("radio"), input("checkbox"), input("range")]) {
      for (const key of [" ", "ArrowLeft", "shift+ArrowRight", "Home", "PageUp"]) {
        expect(isForField(field, key)).toBe(true);
      }
      for (const key of ["k", "g", "shift+x", "?"]) expect(isForField(field, key)).toBe(false);
    }
  });

  it("leaves none to what is no field", () => {
    expect(isForField(document.createElement("button"), "k")).toBe(false);
    expect(isForField(null, "k")).toBe(false);
  });
});
