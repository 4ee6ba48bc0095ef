import { create } from "@bufbuild/protobuf";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { MarketResult, MarketStatus } from "@/data";
import { MarketSchema, MarketTickerSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import { MarketHead } from "./MarketHead";

const FAR_NS = 4_000_000_000_000_000_000n;

function show(result: MarketResult, isStale: boolean) {
  const market = create(MarketSchema, {
    marketTicker: "A",
    title: "Rain",
    status: result === MarketResult.UNSPECIFIED ? MarketStatus.ACTIVE : MarketStatus.FINALIZED,
    result,
    closeTimeNs: FAR_NS,
  });
  const ticker = create(MarketTickerSchema, { marketTicker: "A", lastPriceMicros: 230_000n });
  render(<MarketHead entry={{ market, ticker }} isStale={isStale} />);
}

test("a market has a chance until its outcome is known", () => {
  show(MarketResult.UNSPECIFIED, false);
  expect(screen.getByText("23%")).toBeInTheDocument();
  expect(screen.queryByText("Outcome")).not.toBeInTheDocument();
});

test("a market that is decided has its outcome in place of a chance", () => {
  show(MarketResult.YES, false);
  expect(screen.getByText("Outcome").nextElementSibling).toHaveTextContent("YES");
  expect(screen.queryByText("23%")).not.toBeInTheDocument();
});

test("prices that may be old say so", () => {
  show(MarketResult.UNSPECIFIED, true);
  expect(screen.getByText("Stale")).toBeInTheDocument();
  expect(screen.getByRole("banner")).toHaveAttribute("data-stale");
});
