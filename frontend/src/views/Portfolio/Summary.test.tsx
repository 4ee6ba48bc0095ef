import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { accountTotals } from "@/data";
import { Summary } from "./Summary";

function show(isStale: boolean) {
  render(<Summary totals={accountTotals(undefined, [])} isStale={isStale} />);
}

test("sums that may be old say so in words", () => {
  show(true);
  expect(screen.getByText("Stale")).toBeVisible();
});

test("sums of now do not", () => {
  show(false);
  expect(screen.getByText("Equity")).toBeVisible();
  expect(screen.queryByText("Stale")).not.toBeInTheDocument();
});
