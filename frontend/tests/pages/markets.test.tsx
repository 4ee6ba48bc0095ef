import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test } from "vitest";
import { useKeyboard } from "@/app/actions";
import { parseRoute } from "@/app/router";
import { useSettings } from "@/app/settings";
import { MarketResult, MarketStatus } from "@/data";
import MarketsPage from "@/pages/MarketsPage";
import { EventMarkets } from "@/views/EventMarkets/EventMarkets";
import { keepSavedFiles } from "../model/savedFiles";
import { ScriptedGateway, settle } from "../model/scriptedGateway";

const CENT = 10_000n;

function row(marketTicker: string, eventTicker: string, bid: bigint, ask: bigint, volume: bigint) {
  return {
    market: {
      marketTicker,
      eventTicker,
      title: `Event ${eventTicker}`,
      subtitle: `Outcome ${marketTicker}`,
      status: MarketStatus.ACTIVE,
      mutuallyExclusive: true,
      priceBands: [{ startMicros: 0n, endMicros: 1_000_000n, stepMicros: CENT }],
    },
    ticker: {
      marketTicker,
      bidPriceMicros: bid * CENT,
      askPriceMicros: ask * CENT,
      volumeCentis: volume * 100n,
    },
  };
}

function install() {
  const rows = [
    row("A1", "A", 60n, 62n, 10n),
    row("B1", "B", 30n, 35n, 500n),
    row("A2", "A", 45n, 47n, 20n),
    row("B2", "B", 60n, 66n, 5n),
  ];
  return new ScriptedGateway()
    .state("markets", { case: "markets", value: { rows } })
    .answer("listCandles", () => ({
      case: "answer",
      value: { answer: { case: "candles", value: { candles: [] } } },
    }))
    .install();
}

async function open(choices: Record<string, string> = {}, hash = "#/markets") {
  useSettings.setState({ choices, favourites: [] });
  const model = install();
  render(<MarketsPage route={parseRoute(hash)} />);
  await settle();
  return { model, user: userEvent.setup() };
}

/** Every line: an event by its words, a market by its ticker. */
function lines(): string[] {
  return screen
    .getAllByRole("row")
    .slice(1)
    .map(({ textContent }) => /(?:Event (\w) *\d|Outcome (\w\d))/.exec(textContent ?? ""))
    .map((found) => found?.[1] ?? found?.[2] ?? "");
}

function EventOf({ marketTicker }: { marketTicker: string }) {
  useKeyboard();
  return <EventMarkets marketTicker={marketTicker} />;
}

beforeEach(() => history.replaceState(null, "", "#/markets"));

describe("the table of markets", () => {
  test("is sorted by volume, and keeps its order under the pointer", async () => {
    const { model } = await open();
    expect(lines()).toEqual(["B1", "A2", "A1", "B2"]);
    const scroller = screen.getByRole("grid", { name: "Markets" }).parentElement as HTMLElement;
    fireEvent.pointerEnter(scroller, { pointerType: "mouse" });
    model.change("markets", {
      case: "marketTicker",
      value: { tickers: [{ marketTicker: "B2", volumeCentis: 90_000n }] },
    });
    expect(lines()).toEqual(["B1", "A2", "A1", "B2"]);
  });

  test("by event, markets stand behind their event, events by their first market", async () => {
    const { user } = await open({ "markets.grouped": "yes" });
    expect(lines()).toEqual(["B", "B1", "B2", "A", "A2", "A1"]);
    expect(screen.getByText("105%")).toBeInTheDocument();
    expect(screen.getByText(/NO of each: 0.05 a set/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: /Event B/ }));
    expect(lines()).toEqual(["B", "A", "A2", "A1"]);
  });

  test("its file has the markets that are shown, in their order", async () => {
    const saved = keepSavedFiles();
    const { user } = await open();
    const tickers = async () => {
      await user.click(screen.getByRole("button", { name: "CSV" }));
      const [head, ...rows] = saved();
      expect(head).toContain(",Closes,");
      return rows.filter((text) => text !== "").map((text) => text.split(",").at(-1));
    };
    expect(await tickers()).toEqual(["B1", "A2", "A1", "B2"]);
    await user.click(screen.getByRole("button", { name: "Bid" }));
    expect(await tickers()).toEqual(["A1", "B2", "A2", "B1"]);
    await user.click(screen.getByRole("button", { name: "By event" }));
    expect(await tickers()).toEqual(["A1", "A2", "B2", "B1"]);
  });

  test("a settled market shows its outcome instead of a chance", async () => {
    const { model } = await open();
    model.change("markets", {
      case: "marketTicker",
      value: { markets: [{ ...row("B2", "B", 0n, 0n, 0n).market, result: MarketResult.NO }] },
    });
    const cells = screen.getByText("Outcome B2").closest('[role="row"]')?.textContent ?? "";
    expect(cells).toContain("NO");
  });

  test("Enter in the search goes to the first row, whose Enter opens it", async () => {
    const { user } = await open();
    await user.type(screen.getByRole("searchbox", { name: "Search markets" }), "b2{Enter}");
    expect(window.location.hash).toBe("#/markets?q=b2");
    await user.keyboard("{Enter}");
    expect(window.location.hash).toBe("#/market/B2");
  });

  test("finds the search of the address again", async () => {
    await open({}, "#/markets?q=a1");
    expect(lines()).toEqual(["A1"]);
  });
});

describe("the markets of an event", () => {
  test("stand together with their sums, and are a key away from each other", async () => {
    install();
    render(<EventOf marketTicker="A1" />);
    await settle();
    expect(lines()).toEqual(["A1", "A2"]);
    expect(screen.getByText("105%")).toBeInTheDocument();
    fireEvent.keyDown(window, { key: "." });
    expect(window.location.hash).toBe("#/market/A2");
  });
});
