import { expect, test } from "vitest";
import { PlayerState } from "@/gen/evx/gateway/v1/system_views_pb";
import { clampMoment, playerStateText, speedText, stretchError } from "./replay";

const RECORDED = { fromNs: 100n, untilNs: 200n };

test("a moment is held within the stretch", () => {
  expect(clampMoment(50n, RECORDED)).toBe(100n);
  expect(clampMoment(150n, RECORDED)).toBe(150n);
  expect(clampMoment(250n, RECORDED)).toBe(200n);
});

test("a stretch that cannot be played is named", () => {
  expect(stretchError({ fromNs: 90n, untilNs: 150n }, RECORDED)).toBeUndefined();
  expect(stretchError({ fromNs: 150n, untilNs: 150n }, RECORDED)).toBe(
    "The begin is not before the end",
  );
  expect(stretchError({ fromNs: 201n, untilNs: 300n }, RECORDED)).toBe(
    "Nothing was recorded in this stretch",
  );
  expect(stretchError({ fromNs: 1n, untilNs: 2n }, { fromNs: 0n, untilNs: 0n })).toBe(
    "Nothing was recorded yet",
  );
});

test("states and speeds in words", () => {
  expect(playerStateText(PlayerState.ENDED)).toBe("at the end");
  expect(speedText("max")).toBe("max");
  expect(speedText("0.5")).toBe("0.5\u00d7");
});
