import { create } from "@bufbuild/protobuf";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useSettings } from "@/app/settings";
import { useToasts } from "@/components/toasts";
import {
  BookSide,
  BookState,
  type BookView,
  type Live,
  type PortfolioView,
  sendCommand,
  success,
} from "@/data";
import { OrderSchema } from "@/gen/evx/exchange/v1/portfolio_pb";
import { BookHealthSchema, MarketSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import { Ladder } from "@/views/Ladder/Ladder";

vi.mock("@/data", async (load) => ({ ...(await load<object>()), sendCommand: vi.fn() }));

const CENT = 10_000n;
const MARKET = create(MarketSchema, {
  marketTicker: "X",
  priceBands: [{ startMicros: 36n * CENT, endMicros: 46n * CENT, stepMicros: CENT }],
});
const BOOK: Live<BookView> = {
  value: success({
    bids: [{ priceMicros: 40n * CENT, quantityCentis: 50_000n }],
    asks: [{ priceMicros: 43n * CENT, quantityCentis: 20_000n }],
    health: create(BookHealthSchema, {
      state: BookState.LIVE,
      bookSequence: 77n,
      deltaCount: 90n,
      snapshotCount: 10n,
    }),
    replayId: "",
  }),
  isStale: false,
  heardMs: 0,
};
const PORTFOLIO: PortfolioView = {
  balance: undefined,
  positions: [],
  orders: [
    create(OrderSchema, {
      orderId: "o1",
      marketTicker: "X",
      side: BookSide.BID,
      priceMicros: 40n * CENT,
      quantityCentis: 1_000n,
      remainingQuantityCentis: 600n,
    }),
  ],
  queueAhead: new Map([["o1", 1_250n]]),
  fills: [],
  settlements: [],
  sequenceNumber: 1n,
};

const ignore = () => {};

function ladder(
  orders: PortfolioView["orders"],
  canTrade = true,
  onPick: () => void = ignore,
  book = BOOK,
) {
  const portfolio = { ...PORTFOLIO, orders };
  return (
    <Ladder
      market={MARKET}
      lastPriceMicros={undefined}
      book={book}
      portfolio={portfolio}
      canTrade={canTrade}
      onPick={onPick}
    />
  );
}

function show(canTrade = true) {
  const onPick = vi.fn();
  render(ladder(PORTFOLIO.orders, canTrade, onPick));
  return onPick;
}

// jsdom lays nothing out: every price is in sight.
beforeEach(() => {
  const height = { configurable: true, get: () => 4_000 };
  Object.defineProperties(HTMLElement.prototype, { clientHeight: height, offsetHeight: height });
  useSettings.setState({ choices: {} });
  vi.mocked(sendCommand).mockReset();
  vi.mocked(sendCommand).mockResolvedValue({
    refusalReason: "",
    orders: [],
  } as unknown as Awaited<ReturnType<typeof sendCommand>>);
});

describe("Ladder", () => {
  it("gives the side and price of a click", async () => {
    const onPick = show();
    await userEvent.click(screen.getByRole("button", { name: /^Buy YES at 0.40/ }));
    expect(onPick).toHaveBeenLastCalledWith({
      contract: "yes",
      action: "buy",
      yesPriceMicros: 40n * CENT,
    });
  });

  it("gives bid and ask by keys at the row of the focus", () => {
    const onPick = show();
    const row = screen.getByRole("row", { name: /^YES 0.43/ });
    fireEvent.keyDown(row, { key: "s" });
    expect(onPick).toHaveBeenLastCalledWith(
      expect.objectContaining({ action: "sell", yesPriceMicros: 43n * CENT }),
    );
  });

  it("gives one bid for a key that is held down", () => {
    const onPick = show();
    const row = screen.getByRole("row", { name: /^YES 0.43/ });
    fireEvent.keyDown(row, { key: "b" });
    expect(fireEvent.keyDown(row, { key: "b", repeat: true })).toBe(false);
    const button = screen.getByRole("button", { name: /^Buy YES at 0.40/ });
    expect(fireEvent.keyDown(button, { key: "Enter", repeat: true })).toBe(false);
    expect(onPick).toHaveBeenCalledTimes(1);
  });

  it("shows another book without drawing its rows anew", () => {
    const { rerender } = render(ladder([]));
    const row = screen.getByRole("row", { name: "YES 0.40, bid 500" });
    const bids = [{ priceMicros: 40n * CENT, quantityCentis: 1_250n }];
    const data = BOOK.value.data;
    if (data === undefined) throw new Error("no book");
    rerender(ladder([], true, ignore, { ...BOOK, value: success({ ...data, bids }) }));
    expect(row).toHaveAccessibleName("YES 0.40, bid 12.5");
    expect(within(row).getByRole("button", { name: "Buy YES at 0.40, 12.5" })).toBeVisible();
    expect(row).toHaveTextContent("12.5 12.5 0.40");
    rerender(ladder([], true, ignore, { ...BOOK, value: success({ ...data, bids: [] }) }));
    expect(row).toHaveAccessibleName("YES 0.40");
    expect(row).toHaveTextContent(/^0.40$/);
  });

  it("shows as NO what is left to a dollar", async () => {
    const onPick = show();
    await userEvent.click(screen.getByRole("button", { name: "NO" }));
    await userEvent.click(screen.getByRole("button", { name: /^Buy NO at 0.57, 200/ }));
    expect(onPick).toHaveBeenLastCalledWith({
      contract: "no",
      action: "buy",
      yesPriceMicros: 43n * CENT,
    });
  });

  it("has own orders with their place in the queue", () => {
    show();
    const row = screen.getByRole("row", { name: /^YES 0.40/ });
    expect(within(row).getByRole("button", { name: /Own order\s*6/ })).toHaveTextContent("6Q12.5");
  });

  it("moves an own order by arrow keys and Enter, and not by arrows alone", async () => {
    show();
    const order = () => screen.getByRole("button", { name: /Own order/ });
    fireEvent.keyDown(order(), { key: "ArrowUp" });
    expect(screen.getByText("0.41", { selector: "b" })).toBeVisible();
    expect(sendCommand).not.toHaveBeenCalled();
    fireEvent.keyDown(order(), { key: "Enter" });
    expect(sendCommand).toHaveBeenCalledWith({
      case: "amendOrder",
      value: { orderId: "o1", priceMicros: 41n * CENT, totalQuantityCentis: 1_000n },
    });
  });

  it("keeps the focus on an order that keys have moved, and on the row of one they canceled", async () => {
    const { rerender } = render(ladder(PORTFOLIO.orders));
    const order = () => screen.getByRole("button", { name: /Own order/ });
    order().focus();
    fireEvent.keyDown(order(), { key: "ArrowUp" });
    fireEvent.keyDown(order(), { key: "Enter" });
    rerender(ladder(PORTFOLIO.orders.map((each) => ({ ...each, priceMicros: 41n * CENT }))));
    expect(order()).toHaveAccessibleName(/at 0.41 YES/);
    expect(order()).toHaveFocus();
    fireEvent.keyDown(order(), { key: "Delete" });
    rerender(ladder([]));
    await waitFor(() => expect(screen.getByRole("row", { name: /^YES 0.41/ })).toHaveFocus());
  });

  it("cancels an own order by Delete", () => {
    show();
    fireEvent.keyDown(screen.getByRole("button", { name: /Own order/ }), { key: "Delete" });
    expect(sendCommand).toHaveBeenCalledWith({
      case: "cancelOrders",
      value: { orderIds: ["o1"] },
    });
  });

  it("cancels an own order by its cross, and every one of the market by one press", async () => {
    show();
    await userEvent.click(screen.getByRole("button", { name: "Cancel own order 6 at 0.40 YES" }));
    expect(sendCommand).toHaveBeenCalledTimes(1);
    await userEvent.click(screen.getByRole("button", { name: "Cancel all 1" }));
    expect(sendCommand).toHaveBeenCalledTimes(2);
    expect(screen.getByRole("button", { name: "Cancel asks" })).toBeDisabled();
  });

  it("places again what was canceled by mistake, and only where it rests", async () => {
    show();
    fireEvent.keyDown(screen.getByRole("button", { name: /Own order/ }), { key: "Delete" });
    await waitFor(() => expect(useToasts.getState().toasts.at(-1)?.undo).toBeDefined());
    useToasts.getState().toasts.at(-1)?.undo?.run();
    expect(sendCommand).toHaveBeenLastCalledWith({
      case: "createOrder",
      value: expect.objectContaining({
        marketTicker: "X",
        priceMicros: 40n * CENT,
        quantityCentis: 600n,
        postOnly: true,
      }),
    });
  });

  it("lets those who may only look do nothing", () => {
    const onPick = show(false);
    expect(screen.queryByRole("button", { name: /^Buy/ })).not.toBeInTheDocument();
    fireEvent.keyDown(screen.getByRole("row", { name: /^YES 0.43/ }), { key: "b" });
    expect(onPick).not.toHaveBeenCalled();
    expect(screen.getByRole("button", { name: /Own order/ })).toBeDisabled();
  });

  it("tells from what it is known that the book may be trusted", () => {
    show();
    const health = screen.getByLabelText("Health of the book");
    expect(health).toHaveTextContent("in sequence");
    expect(health).toHaveTextContent("Seq77");
    expect(health).toHaveTextContent("10.0%");
  });
});
