import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import { useKeyboard } from "@/app/actions";
import { useToasts } from "@/components/toasts";
import { BookSide, OrderStatus, TimeInForce } from "@/data";
import PortfolioPage from "@/pages/PortfolioPage";
import { EmergencyStop } from "@/views/EmergencyStop/EmergencyStop";
import { useTicketStore } from "@/views/TradeForm/ticketStore";
import { ScriptedGateway, settle } from "../model/scriptedGateway";

const DOLLAR = 1_000_000n;

function order(orderId: string) {
  return {
    orderId,
    marketTicker: "A",
    side: BookSide.BID,
    priceMicros: 400_000n,
    quantityCentis: 1_000n,
    remainingQuantityCentis: 1_000n,
    status: OrderStatus.RESTING,
  };
}

function gateway() {
  return new ScriptedGateway()
    .state("markets", {
      case: "markets",
      value: {
        rows: [
          {
            market: { marketTicker: "A", eventTicker: "E", title: "Rain" },
            ticker: { marketTicker: "A", bidPriceMicros: 500_000n, askPriceMicros: 520_000n },
          },
        ],
      },
    })
    .state("portfolio", {
      case: "portfolio",
      value: {
        balance: { cashMicros: 100n * DOLLAR, holdMicros: 12n * DOLLAR },
        positions: [{ marketTicker: "A", positionCentis: 1_000n, exposureMicros: 4n * DOLLAR }],
        orders: [order("o1"), order("o2"), order("o3")],
        queuePositions: [{ orderId: "o1", quantityAheadCentis: 2_500n }],
      },
    })
    .answer("cancelOrders", () => ({
      case: "commandResult",
      value: {
        orders: [
          { orderId: "o1", canceledQuantityCentis: 1_000n },
          { orderId: "o3", refusalReason: "UnknownOrder", refusalMessage: "it is gone" },
        ],
      },
    }))
    .answer("emergencyStop", () => ({
      case: "commandResult",
      value: { canceledOrderCount: 3n },
    }))
    .answer("listEquity", () => ({
      case: "answer",
      value: {
        answer: {
          case: "equity",
          value: {
            marks: [{ timeNs: 1_000_000_000n, cashMicros: 90n * DOLLAR, positionValueMicros: 0n }],
          },
        },
      },
    }));
}

async function open() {
  render(<PortfolioPage />);
  await settle();
  return userEvent.setup();
}

describe("the portfolio", () => {
  test("sums cash and positions at what the book pays", async () => {
    gateway().install();
    await open();
    expect(screen.getAllByText("$105.00")[0]).toBeInTheDocument();
    expect(screen.getByText("$88.00")).toBeInTheDocument();
    expect(screen.getAllByText("+$1.00").length).toBeGreaterThan(0);
    expect(screen.getByRole("img", { name: /From \$90\.00/ })).toBeInTheDocument();
  });

  test("of an account that nothing is known of there is no amount", async () => {
    new ScriptedGateway().state("markets", { case: "markets", value: {} }).install("viewer");
    await open();
    const sums = screen.getByText("Unrealized").closest("dl");
    expect(sums).not.toHaveTextContent("$");
    expect(within(sums as HTMLElement).getAllByText("\u2013")).toHaveLength(8);
  });

  test("follows the account and the market", async () => {
    const model = gateway().install();
    await open();
    model.change("portfolio", {
      case: "updatePortfolio",
      value: { balance: { cashMicros: 50n * DOLLAR } },
    });
    expect(screen.getAllByText("$55.00")[0]).toBeInTheDocument();
    model.change("markets", {
      case: "marketTicker",
      value: {
        tickers: [{ marketTicker: "A", bidPriceMicros: 600_000n, askPriceMicros: 620_000n }],
      },
    });
    expect(screen.getAllByText("$56.00")[0]).toBeInTheDocument();
  });

  test("cancels the chosen orders and tells which were refused", async () => {
    const model = gateway().install();
    const user = await open();
    await user.click(screen.getByRole("tab", { name: /Open orders/ }));
    const table = screen.getByRole("table", { name: "Open orders" });
    expect(within(table).getByText("25")).toBeInTheDocument();
    await user.click(screen.getByRole("checkbox", { name: "Select order o1" }));
    await user.click(screen.getByRole("checkbox", { name: "Select order o3" }));
    await user.click(screen.getByRole("button", { name: "Cancel 2" }));
    await settle();
    expect(model.lastAsked("cancelOrders")).toMatchObject({ orderIds: ["o3", "o1"] });
    expect(useToasts.getState().toasts.at(-1)).toMatchObject({
      title: "1 order canceled",
      detail: "UnknownOrder: it is gone",
      undo: { label: "Place again" },
    });
  });

  test("fills the ticket with what closes a position, and sends nothing", async () => {
    const model = gateway().install();
    const user = await open();
    await user.click(screen.getByRole("tab", { name: /Positions/ }));
    await user.click(screen.getByRole("button", { name: "Close A" }));
    expect(window.location.hash).toBe("#/market/A");
    expect(useTicketStore.getState()).toMatchObject({
      marketTicker: "A",
      input: {
        contract: "yes",
        action: "sell",
        countText: "10",
        priceText: "0.50",
        isReduceOnly: true,
        timeInForce: TimeInForce.IMMEDIATE_OR_CANCEL,
      },
    });
    expect(model.asked.some((asked) => asked.case === "createOrder")).toBe(false);
  });

  test("an order that is filled meanwhile is not chosen any more", async () => {
    const model = gateway().install();
    const user = await open();
    await user.click(screen.getByRole("tab", { name: /Open orders/ }));
    await user.click(screen.getByRole("checkbox", { name: "Select all rows" }));
    expect(screen.getByRole("button", { name: "Cancel 3" })).toBeInTheDocument();
    model.change("portfolio", {
      case: "updatePortfolio",
      value: { orders: [{ orderId: "o2", status: OrderStatus.EXECUTED }] },
    });
    expect(screen.getByRole("button", { name: "Cancel 2" })).toBeInTheDocument();
  });

  test("a viewer sees the orders and cannot choose any", async () => {
    gateway().install("viewer");
    const user = await open();
    await user.click(screen.getByRole("tab", { name: /Open orders/ }));
    expect(screen.queryByRole("checkbox")).toBeNull();
    expect(screen.getByRole("button", { name: "Cancel chosen" })).toBeDisabled();
  });

  test("a list that is refused says why", async () => {
    gateway().install();
    const user = await open();
    await user.click(screen.getByRole("tab", { name: "Settlements" }));
    await settle();
    expect(screen.getByText("ServiceAbsent: There is none.")).toBeInTheDocument();
  });
});

function Stop() {
  useKeyboard();
  return <EmergencyStop />;
}

describe("the emergency stop", () => {
  test("is one key and one answer away, and tells what the exchange did", async () => {
    const model = gateway().install();
    render(<Stop />);
    const user = userEvent.setup();
    await user.keyboard("{F8}");
    expect(await screen.findByText("3 orders rest now.")).toBeInTheDocument();
    expect(model.asked).toEqual([]);
    await user.keyboard("{Enter}");
    await settle();
    expect(model.asked.map((asked) => asked.case)).toEqual(["emergencyStop"]);
    expect(screen.getByText(/took out 3 orders/)).toBeInTheDocument();
  });

  test("of a viewer there is none", () => {
    gateway().install("viewer");
    render(<Stop />);
    expect(screen.queryByRole("button")).toBeNull();
  });

  test("liquidation asks for a yes first, and names its bound", async () => {
    const model = gateway()
      .answer("liquidateAll", () => ({
        case: "commandResult",
        value: {
          canceledOrderCount: 3n,
          orders: [
            { marketTicker: "A", filledQuantityCentis: 600n, remainingQuantityCentis: 400n },
          ],
        },
      }))
      .install();
    render(<Stop />);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Stop" }));
    await user.click(await screen.findByRole("button", { name: /Liquidate instead/ }));
    const close = await screen.findByRole("button", { name: "Close 1 position" });
    expect(close).toBeDisabled();
    await user.click(screen.getByRole("checkbox"));
    await user.click(close);
    await settle();
    expect(model.lastAsked("liquidateAll")).toMatchObject({ slippageMaxMicros: 50_000n });
    expect(screen.getByText("filled 6, 4 left")).toBeInTheDocument();
  });
});
