import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ToastRegion } from "@/components/ToastRegion";
import { ServiceState } from "@/data";
import SystemPage from "@/pages/SystemPage";
import { EnvironmentMenu } from "@/views/System/EnvironmentMenu";
import { keepSavedFiles } from "../model/savedFiles";
import { type Asked, ScriptedGateway, settle } from "../model/scriptedGateway";

/** What the operator's service says, by method. */
const OPERATOR: Record<string, unknown> = {
  GetExchange: { exchangeActive: true, tradingActive: true, accepting: true, marketCount: "3" },
  GetMarket: {
    market: { marketTicker: "A", eventTicker: "E", status: "MARKET_STATUS_CLOSED" },
  },
  ListOpenOrders: {
    orders: [
      { accountId: "7", order: { orderId: "o1", marketTicker: "A", side: "BOOK_SIDE_BID" } },
    ],
  },
  ListFills: ({ pageToken }: { pageToken?: string }) => ({
    fills: [
      {
        accountId: "7",
        accountName: "maker-account",
        fill: {
          tradeId: pageToken === undefined ? "t2" : "t1",
          orderId: "o1",
          marketTicker: "A",
          side: "BOOK_SIDE_BID",
          isTaker: true,
          priceMicros: "560000",
          quantityCentis: "1200",
        },
      },
    ],
    nextPageToken: pageToken === undefined ? "older" : "",
  }),
  ListAccounts: { accounts: [{ accountId: "7", accountName: "maker", cashMicros: "5000000" }] },
  ListFaults: { allowed: true, profiles: [{ door: "rest", profile: { latencyMicros: "20000" } }] },
};

function gateway() {
  return new ScriptedGateway()
    .state("markets", { case: "markets", value: {} })
    .state("log", { case: "log", value: {} })
    .state("health", {
      case: "health",
      value: {
        services: [
          {
            service: "mock-kalshi",
            state: ServiceState.READY,
            figures: [{ name: "orders", value: "120", unit: "/s" }],
          },
          {
            service: "market-data-server",
            state: ServiceState.DOWN,
            checks: [{ name: "kafka", isOk: false, detail: "no broker answers" }],
          },
        ],
      },
    })
    .answer("callOperator", (asked: Asked) => {
      const { method, requestJson } = asked.value as { method: string; requestJson: string };
      const known = OPERATOR[method] ?? {};
      const answer = typeof known === "function" ? known(JSON.parse(requestJson)) : known;
      const value = JSON.stringify(answer);
      return { case: "answer", value: { answer: { case: "operatorJson", value } } };
    });
}

async function open(role: "viewer" | "admin" = "admin") {
  const model = gateway().install(role);
  render(<SystemPage />);
  await settle();
  return { model, user: userEvent.setup() };
}

async function goTo(user: ReturnType<typeof userEvent.setup>, name: string) {
  await user.click(screen.getByRole("tab", { name }));
  await settle();
}

const calls = (model: ScriptedGateway) =>
  model.asked.map((asked) => asked.value as { method: string; requestJson: string });

beforeEach(() => {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => Response.json({ sessions: [], users: [] })),
  );
});
afterEach(() => vi.unstubAllGlobals());

describe("services", () => {
  test("each has its state, figures and failing checks", async () => {
    await open("viewer");
    const cards = screen.getByRole("list", { name: "Services" });
    expect(within(cards).getByText("120")).toBeInTheDocument();
    expect(within(cards).getByText("no broker answers")).toBeInTheDocument();
    expect(
      screen.getByRole("img", { name: "Data path: 1 services ready, 0 degraded, 1 down" }),
    ).toBeInTheDocument();
  });

  test("only an administrator sees what operates the exchange", async () => {
    await open("viewer");
    expect(screen.getAllByRole("tab").map((tab) => tab.textContent)).toEqual([
      "Services",
      "Environments",
      "Own sessions",
    ]);
  });
});

describe("environments", () => {
  const PAPER = { name: "paper", label: "Paper", url: "http://127.0.0.1:8080", mode: "paper" };
  const LIVE = { name: "desk", label: "Desk", url: "https://desk.example/", mode: "live" };
  const knows = (environments: unknown[], current: string) =>
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Response.json({ environments, current })),
    );

  test("the present one is told, the others are gone to by their addresses", async () => {
    knows([PAPER, LIVE], "paper");
    const { user } = await open("viewer");
    await goTo(user, "Environments");
    const table = screen.getByRole("table", { name: "Environments" });
    const [, here, other] = within(table).getAllByRole("row");
    expect(here).toHaveTextContent(/Paper.*you are here/);
    expect(within(other as HTMLElement).getByRole("link", { name: "Go to Desk" })).toHaveAttribute(
      "href",
      "https://desk.example/",
    );
  });

  test("the bar shows the present one beside the mode, and offers the others", async () => {
    knows([PAPER, LIVE], "paper");
    gateway().install("viewer");
    render(<EnvironmentMenu />);
    await settle();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: /paper.*Paper.*Environment/ }));
    expect(screen.getByRole("menuitem", { name: /Desk/ })).toHaveAttribute(
      "href",
      "https://desk.example/",
    );
    expect(screen.getByRole("menuitem", { name: /Paper/ })).toHaveAttribute(
      "aria-disabled",
      "true",
    );
  });

  test("a gateway that knows no others shows the mode alone", async () => {
    knows([], "");
    gateway().install("viewer");
    render(<EnvironmentMenu />);
    await settle();
    expect(screen.getByText("paper")).toBeInTheDocument();
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
  });
});

describe("administration", () => {
  test("an outcome is set after it was asked for once more", async () => {
    const { model, user } = await open();
    await goTo(user, "Catalogue");
    await user.type(screen.getByRole("combobox", { name: "Ticker of the market" }), "A{Enter}");
    await settle();
    await user.click(screen.getByRole("button", { name: "Determine" }));
    expect(calls(model).map((call) => call.method)).toEqual(["GetMarket"]);
    await user.click(screen.getByRole("button", { name: "Do it" }));
    await settle();
    const call = calls(model).find(({ method }) => method === "DetermineMarket");
    expect(JSON.parse(call?.requestJson ?? "")).toEqual({
      marketTicker: "A",
      result: "MARKET_RESULT_YES",
    });
  });

  test("what the market's state does not allow cannot be pressed", async () => {
    const { user } = await open();
    await goTo(user, "Catalogue");
    await user.type(screen.getByRole("combobox", { name: "Ticker of the market" }), "A{Enter}");
    await settle();
    for (const name of ["Pause", "Close now", "Settle now"]) {
      expect(screen.getByRole("button", { name })).toBeDisabled();
    }
  });

  test("orders of all users are listed by account or market", async () => {
    const { model, user } = await open();
    await goTo(user, "All orders");
    await user.type(screen.getByRole("textbox", { name: "Market" }), "A{Enter}");
    await settle();
    expect(JSON.parse(calls(model)[0]?.requestJson ?? "")).toEqual({
      marketTicker: "A",
      pageSize: 1000,
    });
    expect(screen.getByRole("table", { name: "Open orders of all users" })).toHaveTextContent("o1");
  });

  test("executions of all users come page by page, filtered by account, market and time", async () => {
    const { model, user } = await open();
    await goTo(user, "All executions");
    const table = screen.getByRole("table", { name: "Executions of all users" });
    expect(table.closest("[data-message]")).toHaveAttribute(
      "data-message",
      "ANSWER operator ListFills",
    );
    expect(within(table).getAllByRole("row")[1]).toHaveTextContent(
      /maker-accountYES0.5612A.*taker/,
    );
    await user.click(screen.getByRole("button", { name: "Load 500 older" }));
    await settle();
    expect(JSON.parse(calls(model)[1]?.requestJson ?? "")).toEqual({
      pageSize: 500,
      pageToken: "older",
    });
    expect(within(table).getAllByRole("row")).toHaveLength(3);
    expect(screen.queryByRole("button", { name: "Load 500 older" })).not.toBeInTheDocument();
    await user.type(screen.getByRole("textbox", { name: "Account" }), "maker");
    await user.type(screen.getByLabelText("From"), "2026-08-05T12:00");
    await user.type(screen.getByRole("textbox", { name: "Market" }), "A{Enter}");
    await settle();
    expect(JSON.parse(calls(model)[2]?.requestJson ?? "")).toEqual({
      account: { accountName: "maker" },
      marketTicker: "A",
      pageSize: 500,
      startTime: new Date("2026-08-05T12:00").toISOString().replace(".000Z", "Z"),
    });
  });

  test("trading is switched off after it was asked for once more", async () => {
    const { model, user } = await open();
    await goTo(user, "Exchange");
    await user.click(screen.getByRole("button", { name: "Trading off" }));
    await user.click(screen.getByRole("button", { name: "Switch off" }));
    await settle();
    const call = calls(model).find(({ method }) => method === "SetExchangeStatus");
    expect(JSON.parse(call?.requestJson ?? "")).toEqual({ tradingActive: false });
  });

  test("faults are told in words, and set in their units", async () => {
    const { model, user } = await open();
    await goTo(user, "Faults");
    expect(screen.getByText(/latency 20 ms/)).toBeInTheDocument();
    await user.type(screen.getByRole("textbox", { name: "Latency ms" }), "1.5");
    await user.type(screen.getByRole("textbox", { name: "Disconnect %" }), "0.5");
    await user.click(screen.getByRole("button", { name: "Set faults" }));
    await settle();
    const call = calls(model).find(({ method }) => method === "SetFaults");
    expect(JSON.parse(call?.requestJson ?? "")).toEqual({
      target: { door: "rest" },
      profile: { latencyMicros: "1500", disconnectMillionths: "5000" },
    });
  });

  test("a scenario is started for an account, shown while it runs, and stopped", async () => {
    const set = new Map<string, unknown>();
    const model = gateway().install("admin");
    model.answer("callOperator", (asked: Asked) => {
      const { method, requestJson } = asked.value as { method: string; requestJson: string };
      const { target, profile } = JSON.parse(requestJson);
      if (method === "SetFaults")
        set.set(target.door, { door: target.door, accountId: "7", profile });
      if (method === "ClearFaults") set.delete(target.door);
      const value = JSON.stringify(
        method === "ListFaults" ? { allowed: true, profiles: [...set.values()] } : {},
      );
      return { case: "answer", value: { answer: { case: "operatorJson", value } } };
    });
    render(<SystemPage />);
    await settle();
    const user = userEvent.setup();
    await goTo(user, "Faults");
    expect(screen.getByRole("button", { name: "Stop slow_doors" })).toBeDisabled();
    await user.type(screen.getByRole("textbox", { name: "Scenario for account" }), "maker");
    await user.click(screen.getByRole("button", { name: "Start slow_doors" }));
    for (let i = 0; i < 4; ++i) await settle();
    expect([...set.keys()]).toEqual(["rest", "websocket"]);
    expect(screen.getByText("runs for account 7")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Stop slow_doors" }));
    for (let i = 0; i < 4; ++i) await settle();
    expect(set.size).toBe(0);
    expect(screen.queryByText("runs for account 7")).not.toBeInTheDocument();
  });

  test("a role is changed, a user disabled and orders canceled after it was asked for once more", async () => {
    const fetched = vi.fn(async (_url: string, _request?: RequestInit) =>
      Response.json({ users: [{ user_name: "tess", role: "trader" }], sessions: [] }),
    );
    vi.stubGlobal("fetch", fetched);
    const changes = () => fetched.mock.calls.filter(([, request]) => request?.method === "PUT");
    const { model, user } = await open();
    await goTo(user, "Users");
    await user.selectOptions(screen.getByRole("combobox", { name: "Role of tess" }), "admin");
    expect(screen.getByRole("dialog", { name: "Make tess an admin" })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Leave it" }));
    await user.click(screen.getByRole("button", { name: "Disable tess" }));
    expect(changes()).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Do it" }));
    await settle();
    expect(changes().map(([url]) => url)).toEqual(["/api/v1/users/tess"]);

    await goTo(user, "All orders");
    await user.type(screen.getByRole("textbox", { name: "Account" }), "maker{Enter}");
    await settle();
    await user.click(screen.getByRole("button", { name: "Cancel all" }));
    expect(calls(model).map((call) => call.method)).not.toContain("CancelAllOrders");
    await user.click(screen.getByRole("button", { name: "Do it" }));
    await settle();
    expect(calls(model).map((call) => call.method)).toContain("CancelAllOrders");
  });

  test("what was refused is not told as done", async () => {
    const { model, user } = await open();
    model.answer("callOperator", () => ({
      case: "refusal",
      value: { reason: "ExchangeRefused", message: "it is closed" },
    }));
    render(<ToastRegion />);
    await goTo(user, "Catalogue");
    await user.type(screen.getByRole("textbox", { name: "Series ticker" }), "KXA");
    await user.type(screen.getAllByRole("textbox", { name: "Title" })[0] as HTMLElement, "A");
    await user.click(screen.getByRole("button", { name: "Put series" }));
    await settle();
    expect(screen.getByText(/^Not done: /)).toBeInTheDocument();
    expect(screen.getByText("ExchangeRefused: it is closed")).toBeInTheDocument();
  });

  test("files have the rows of their tables in their order", async () => {
    const order = (orderId: string, priceMicros: string) => ({
      accountName: "maker",
      order: { orderId, marketTicker: "A", side: "BOOK_SIDE_BID", priceMicros },
    });
    const fill = (tradeId: string, priceMicros: string) => ({
      accountName: "maker",
      fill: { tradeId, orderId: "o", marketTicker: "A", side: "BOOK_SIDE_BID", priceMicros },
    });
    const answers: Record<string, unknown> = {
      ListAccounts: {
        accounts: [
          { accountId: "1", accountName: "poor", cashMicros: "1" },
          { accountId: "2", accountName: "rich", cashMicros: "2000000" },
        ],
      },
      ListOpenOrders: { orders: [order("low", "100000"), order("high", "900000")] },
      ListFills: { fills: [fill("low", "100000"), fill("high", "900000")] },
    };
    const model = gateway().install("admin");
    model.answer("callOperator", (asked: Asked) => {
      const value = JSON.stringify(answers[(asked.value as { method: string }).method] ?? {});
      return { case: "answer", value: { answer: { case: "operatorJson", value } } };
    });
    const saved = keepSavedFiles();
    render(<SystemPage />);
    await settle();
    const user = userEvent.setup();
    const save = async (tab: string, column: string) => {
      await goTo(user, tab);
      if (tab === "All orders") {
        await user.type(screen.getByRole("textbox", { name: "Market" }), "A{Enter}");
        await settle();
      }
      await user.click(screen.getByRole("button", { name: column }));
      await user.click(screen.getByRole("button", { name: "CSV" }));
      return saved();
    };
    expect((await save("Accounts", "Cash"))[1]).toMatch(/^2,rich,/);
    expect((await save("All orders", "YES price"))[1]).toMatch(/,high$/);
    expect((await save("All executions", "YES price"))[1]).toMatch(/,high,o$/);
  });

  test("accounts are listed with what they hold", async () => {
    const { user } = await open();
    await goTo(user, "Accounts");
    expect(screen.getByRole("table", { name: "Accounts" })).toHaveTextContent("maker");
    expect(screen.getByText("$5.00")).toBeInTheDocument();
  });
});
