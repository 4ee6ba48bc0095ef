import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test } from "vitest";
import { useKeyboard } from "@/app/actions";
import { BookSide, EMPTY_TICKET, MarketStatus, TimeInForce, useMarketsKept } from "@/data";
import { TradeForm } from "@/views/TradeForm/TradeForm";
import { pickPrice, useTicketStore } from "@/views/TradeForm/ticketStore";
import { ScriptedGateway, settle } from "../model/scriptedGateway";

const DOLLAR = 1_000_000n;
const FAR_NS = 4_000_000_000_000_000_000n;

function gateway() {
  return new ScriptedGateway()
    .state("markets", {
      case: "markets",
      value: {
        rows: [
          {
            market: {
              marketTicker: "A",
              eventTicker: "E",
              status: MarketStatus.ACTIVE,
              closeTimeNs: FAR_NS,
              priceBands: [{ startMicros: 0n, endMicros: DOLLAR, stepMicros: 10_000n }],
              feeTerms: { feeType: "quadratic", multiplierMillionths: DOLLAR },
            },
          },
        ],
      },
    })
    .state("book:A", {
      case: "book",
      value: {
        bids: [{ priceMicros: 480_000n, quantityCentis: 10_000n }],
        asks: [{ priceMicros: 520_000n, quantityCentis: 10_000n }],
      },
    })
    .state("portfolio", {
      case: "portfolio",
      value: { balance: { cashMicros: 100n * DOLLAR, holdMicros: 0n } },
    })
    .answer("createOrder", () => ({
      case: "commandResult",
      value: { orders: [{ orderId: "o1", remainingQuantityCentis: 1_000n }] },
    }));
}

function Page() {
  useMarketsKept();
  useKeyboard();
  return <TradeForm marketTicker="A" />;
}

/** All that was asked but for the list of groups, which each ticket begins with. */
const commands = (model: ScriptedGateway) =>
  model.asked.filter((asked) => asked.case !== "listOrderGroups");

async function open() {
  render(<Page />);
  await settle();
  return userEvent.setup();
}

const price = () => screen.getByRole("textbox", { name: /price/ });

beforeEach(() => {
  useTicketStore.setState({
    marketTicker: "",
    input: EMPTY_TICKET,
    armedUntilMs: 0,
    outcome: undefined,
  });
});

const GROUPS = [
  { orderGroupId: "11111111-aaaa", limitCentis: 2_500n, triggered: false },
  { orderGroupId: "22222222-bbbb", limitCentis: 500n, triggered: true },
];

/** A gateway with these groups, and those that are made. */
function groupedGateway() {
  const groups = GROUPS.map((group) => ({ ...group }));
  return gateway()
    .answer("listOrderGroups", () => ({
      case: "answer",
      value: { answer: { case: "orderGroups", value: { orderGroups: groups } } },
    }))
    .answer("createOrderGroup", (asked) => {
      const { limitCentis } = asked.value as { limitCentis: bigint };
      groups.push({ orderGroupId: "33333333-cccc", limitCentis, triggered: false });
      return { case: "commandResult", value: { orderGroupId: "33333333-cccc" } };
    })
    .answer("resetOrderGroup", () => {
      for (const group of groups) group.triggered = false;
      return { case: "commandResult", value: {} };
    });
}

describe("the order group", () => {
  const field = () => screen.getByRole("combobox", { name: "Order group" });

  test("is chosen from one's own", async () => {
    const model = groupedGateway().install();
    const user = await open();
    expect(Array.from(field().querySelectorAll("option"), (option) => option.textContent)).toEqual([
      "None",
      "25 in 15 s \u00b7 11111111",
      "5 in 15 s \u00b7 22222222 \u00b7 triggered",
      "New group \u2026",
    ]);
    await user.selectOptions(field(), "11111111-aaaa");
    await user.type(price(), "52{Enter}");
    await settle();
    expect(model.lastAsked("createOrder")).toMatchObject({ orderGroupId: "11111111-aaaa" });
  });

  test("is made here, and chosen then", async () => {
    const model = groupedGateway().install();
    const user = await open();
    await user.selectOptions(field(), "New group \u2026");
    await user.type(screen.getByRole("textbox", { name: "Contracts in 15 s" }), "40{Enter}");
    await settle();
    expect(model.lastAsked("createOrderGroup")).toMatchObject({ limitCentis: 4_000n });
    expect(model.lastAsked("createOrder")).toBeUndefined();
    expect(field()).toHaveDisplayValue("40 in 15 s \u00b7 33333333");
  });

  test("that was triggered says so and is reset", async () => {
    const model = groupedGateway().install();
    const user = await open();
    await user.selectOptions(field(), "22222222-bbbb");
    expect(screen.getByText("It takes no orders until it is reset")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Reset group" }));
    await settle();
    expect(model.lastAsked("resetOrderGroup")).toMatchObject({ orderGroupId: "22222222-bbbb" });
    expect(field()).toHaveDisplayValue("5 in 15 s \u00b7 22222222");
  });
});

describe("the ticket", () => {
  test("foretells the order and sends it by Enter", async () => {
    const model = gateway().install();
    const user = await open();
    await user.type(price(), "52");
    expect(screen.getByText("crosses NO @ 0.48")).toBeInTheDocument();
    expect(screen.getByText("$5.20")).toBeInTheDocument();
    await user.keyboard("{Enter}");
    await settle();
    expect(model.lastAsked("createOrder")).toMatchObject({
      marketTicker: "A",
      side: BookSide.BID,
      priceMicros: 520_000n,
      quantityCentis: 1_000n,
      timeInForce: TimeInForce.GOOD_TILL_CANCELED,
    });
    expect(screen.getByText(/Resting 10/)).toBeInTheDocument();
  });

  test("a key that is held down sends once and switches once, and goes on moving the price", async () => {
    const model = gateway().install();
    const user = await open();
    await user.keyboard("{o>4/}");
    expect(screen.getByRole("switch", { name: /One-click/ })).toBeChecked();
    await user.keyboard("{]>3/}");
    expect(price()).toHaveValue("0.50");
    await user.type(price(), "{Enter>5/}");
    await settle();
    expect(commands(model).length).toBe(1);
  });

  test("a NO order is the ask at the complement", async () => {
    const model = gateway().install();
    const user = await open();
    await user.keyboard("n");
    expect(price()).toHaveFocus();
    await user.type(price(), "0.45");
    await user.click(screen.getByRole("button", { name: "Buy 10 NO @ 0.45" }));
    await settle();
    expect(model.lastAsked("createOrder")).toMatchObject({
      side: BookSide.ASK,
      priceMicros: 550_000n,
    });
  });

  test("what the exchange would refuse is named and not sent", async () => {
    const model = gateway().install();
    const user = await open();
    await user.type(price(), "0.505{Enter}");
    expect(screen.getByText("InvalidPrice")).toBeInTheDocument();
    await user.clear(screen.getByRole("textbox", { name: "Contracts" }));
    await user.type(screen.getByRole("textbox", { name: "Contracts" }), "1000");
    await user.clear(price());
    await user.type(price(), "0.50{Enter}");
    expect(screen.getByText("InsufficientBalance")).toBeInTheDocument();
    expect(commands(model)).toEqual([]);
  });

  test("a refusal of the exchange is shown by its name", async () => {
    gateway()
      .answer("createOrder", () => ({
        case: "commandResult",
        value: { refusalReason: "TradingPaused", refusalMessage: "trading is paused" },
      }))
      .install();
    const user = await open();
    await user.type(price(), "0.40{Enter}");
    await settle();
    expect(screen.getByText(/TradingPaused: trading is paused/)).toBeInTheDocument();
  });

  test("what was canceled of an order is told beside what was filled", async () => {
    gateway()
      .answer("createOrder", () => ({
        case: "commandResult",
        value: { orders: [{ filledQuantityCentis: 300n, canceledQuantityCentis: 700n }] },
      }))
      .install();
    const user = await open();
    await user.type(price(), "0.52{Enter}");
    await settle();
    expect(screen.getByText(/Filled 3, 7 canceled/)).toBeInTheDocument();
  });

  test("an order that only closes foretells what it realizes, and no gain at settlement", async () => {
    gateway()
      .state("portfolio", {
        case: "portfolio",
        value: {
          balance: { cashMicros: 100n * DOLLAR, holdMicros: 0n },
          positions: [{ marketTicker: "A", positionCentis: 1_000n, exposureMicros: 4n * DOLLAR }],
        },
      })
      .install();
    const user = await open();
    await user.keyboard("{Shift>}b{/Shift}");
    await user.type(price(), "48");
    const fact = (name: string) => screen.getByText(name).nextElementSibling;
    expect(fact("Realizes")).toHaveTextContent("+$0.80");
    for (const name of ["Max gain", "Max loss"]) expect(fact(name)).toHaveTextContent("\u2013");
  });

  test("a viewer cannot send", async () => {
    gateway().install("viewer");
    const user = await open();
    await user.type(price(), "0.40");
    expect(screen.getByRole("button", { name: /Buy 10 YES/ })).toBeDisabled();
    expect(screen.getByText(/Your role is viewer/)).toBeInTheDocument();
  });

  test("keys move price and count where nothing is typed", async () => {
    gateway().install();
    const user = await open();
    await user.keyboard("]]-");
    expect(price()).toHaveValue("0.49");
    expect(screen.getByRole("textbox", { name: "Contracts" })).toHaveValue("9");
  });
});

describe("one click", () => {
  const pick = () =>
    pickPrice({ marketTicker: "A", contract: "yes", action: "buy", yesPriceMicros: 470_000n });

  test("fills the ticket while it is not armed", async () => {
    const model = gateway().install();
    await open();
    expect(await pick()).toBeUndefined();
    await settle();
    expect(price()).toHaveValue("0.47");
    expect(commands(model)).toEqual([]);
  });

  test("sends once it is armed, and is disarmed with another market", async () => {
    const model = gateway().install();
    const user = await open();
    await user.click(screen.getByRole("switch", { name: /One-click/ }));
    await pick();
    await settle();
    expect(model.lastAsked("createOrder")).toMatchObject({ priceMicros: 470_000n });
    await pickPrice({
      marketTicker: "B",
      contract: "yes",
      action: "buy",
      yesPriceMicros: 470_000n,
    });
    await settle();
    expect(commands(model).length).toBe(1);
  });
});

test("the quote ladder names what the exchange would refuse, and what it cannot read", async () => {
  const model = gateway().install();
  const user = await open();
  await user.click(screen.getByText("Quote ladder"));
  const place = () => screen.getByRole("button", { name: /^Place/ });
  const fill = async (label: string, text: string) => {
    await user.clear(screen.getByLabelText(label));
    await user.type(screen.getByLabelText(label), text);
  };
  // Bids of 0.49, 0.48, 0.47 and NO bids of the same prices.
  await fill("Contracts each", "100");
  expect(screen.getByText("InsufficientBalance").closest("li")).toHaveTextContent(
    "The account lacks $188.00",
  );
  expect(place()).toBeDisabled();
  await fill("Contracts each", "10");
  expect(place()).toBeEnabled();
  await fill("Middle", "abc");
  expect(screen.getByLabelText("Middle")).toBeInvalid();
  await fill("Ticks apart", "1.5");
  expect(screen.getByText(/A whole number is meant/)).toBeInTheDocument();
  expect(place()).toBeDisabled();
  expect(commands(model)).toEqual([]);
});

test("the quote ladder places orders that only rest", async () => {
  const model = gateway().install();
  const user = await open();
  await user.click(screen.getByText("Quote ladder"));
  await user.click(screen.getByRole("button", { name: "Place 6 quotes" }));
  await settle();
  expect(commands(model).map((asked) => asked.case)).toEqual(Array(6).fill("createOrder"));
  expect(commands(model)[0]?.value).toMatchObject({ postOnly: true, priceMicros: 490_000n });
  expect(screen.getByText("6 resting")).toBeInTheDocument();
});
