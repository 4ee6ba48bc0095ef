import { expect, test } from "vitest";
import { parseEnvironments } from "./environments";

const PAPER = { name: "paper", label: "Paper", url: "http://127.0.0.1:8080", mode: "paper" };
const LAB = { name: "lab", label: "Lab", url: "https://lab.example/evx/", mode: "paper" };

test("this stack is found among the others", () => {
  const { all, current } = parseEnvironments({ environments: [PAPER, LAB], current: "lab" });
  expect(all).toEqual([PAPER, LAB]);
  expect(current).toEqual(LAB);
});

test("a gateway without environments has none", () => {
  expect(parseEnvironments({ environments: [], current: "" })).toEqual({
    all: [],
    current: undefined,
  });
  expect(parseEnvironments(null).all).toEqual([]);
});

test("what is no address of the web is no place to go to", () => {
  const script = { ...LAB, url: "javascript:alert(1)" };
  expect(parseEnvironments({ environments: [PAPER, script], current: "paper" }).all).toEqual([
    PAPER,
  ]);
});
