import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { parseRoute } from "@/app/router";
import { PlayerState } from "@/data";
import ReplayPage from "@/pages/ReplayPage";
import { ScriptedGateway, settle } from "../model/scriptedGateway";

// It draws on a canvas, which jsdom has not.
vi.mock("@/views/PriceChart/PriceChart", () => ({ PriceChart: () => null }));

const HOUR = 3_600_000_000_000n;
const FIRST = BigInt(new Date(2026, 2, 1, 12, 0, 0).getTime()) * 1_000_000n;

function gateway(state: PlayerState) {
  return new ScriptedGateway()
    .state("player", {
      case: "player",
      value: {
        state,
        replayId: "r1",
        marketTickers: state === PlayerState.CLOSED ? [] : ["A"],
        positionTimeNs: state === PlayerState.CLOSED ? 0n : FIRST + HOUR / 2n,
        fromTimeNs: state === PlayerState.CLOSED ? 0n : FIRST,
        untilTimeNs: state === PlayerState.CLOSED ? 0n : FIRST + HOUR,
        speed: "1",
        recordingFirstTimeNs: FIRST,
        recordingLastTimeNs: FIRST + HOUR,
      },
    })
    .state("markets", { case: "markets", value: {} })
    .state("replay-book:A", {
      case: "book",
      value: { bids: [{ priceMicros: 480_000n, quantityCentis: 700n }], replayId: "r1" },
    })
    .state("replay-trades:A", { case: "trades", value: {} })
    .answer("openReplay", () => ({ case: "answer", value: {} }))
    .answer("controlReplay", () => ({ case: "answer", value: {} }));
}

test("a viewer watches what others play, and is not offered what is refused", async () => {
  gateway(PlayerState.PLAYING).install("viewer");
  await open();
  expect(screen.getByText(/traders and administrators move it/)).toBeInTheDocument();
  expect(screen.getByText(/playing/)).toBeInTheDocument();
  for (const name of ["Open replay", "Pause"]) {
    expect(screen.queryByRole("button", { name })).not.toBeInTheDocument();
  }
  expect(screen.queryByRole("slider")).not.toBeInTheDocument();
});

async function open() {
  render(<ReplayPage route={parseRoute("#/replay/A")} />);
  await settle();
  return userEvent.setup();
}

test("opens a recording of the chosen market and stretch", async () => {
  const model = gateway(PlayerState.CLOSED).install();
  const user = await open();
  await user.click(screen.getByRole("button", { name: "Open replay" }));
  await settle();
  expect(model.lastAsked("openReplay")).toMatchObject({
    marketTickers: ["A"],
    fromTimeNs: FIRST,
    untilTimeNs: FIRST + HOUR + 999_999_999n,
    speed: "1",
  });
});

test("a recording that begins and grows while the page is open can be chosen up to its last second", async () => {
  const recorded = (lastNs: bigint) => ({
    case: "player" as const,
    value: {
      state: PlayerState.CLOSED,
      recordingFirstTimeNs: lastNs === 0n ? 0n : FIRST,
      recordingLastTimeNs: lastNs,
    },
  });
  const model = gateway(PlayerState.CLOSED).state("player", recorded(0n)).install();
  const user = await open();
  const button = screen.getByRole("button", { name: "Open replay" });
  expect(button).toBeDisabled();
  // Less than a second of it is enough.
  model.change("player", recorded(FIRST + 300_000_000n));
  expect(button).toBeEnabled();
  model.change("player", recorded(FIRST + 42_000_000_000n));
  await user.click(button);
  await settle();
  expect(model.lastAsked("openReplay")).toMatchObject({
    fromTimeNs: FIRST,
    untilTimeNs: FIRST + 42_999_999_999n,
  });
});

test("a time that was edited stays while the recording grows", async () => {
  const model = gateway(PlayerState.CLOSED).install();
  const user = await open();
  fireEvent.change(screen.getByLabelText("Until"), { target: { value: "2026-03-01T12:30:00" } });
  model.change("player", {
    case: "player",
    value: {
      state: PlayerState.CLOSED,
      recordingFirstTimeNs: FIRST,
      recordingLastTimeNs: FIRST + 2n * HOUR,
    },
  });
  await user.click(screen.getByRole("button", { name: "Open replay" }));
  await settle();
  expect(model.lastAsked("openReplay")).toMatchObject({
    untilTimeNs: FIRST + HOUR / 2n + 999_999_999n,
  });
});

test("pauses, jumps and changes the speed", async () => {
  const model = gateway(PlayerState.PLAYING).install();
  const user = await open();
  await user.click(screen.getByRole("button", { name: "Pause" }));
  expect(model.lastAsked("controlReplay")).toMatchObject({
    control: { case: "isPlaying", value: false },
  });
  await user.click(screen.getByRole("button", { name: "+10 s" }));
  expect(model.lastAsked("controlReplay")).toMatchObject({
    control: { case: "seekTimeNs", value: FIRST + HOUR / 2n + 10_000_000_000n },
  });
});

test("says that it is a replay, and offers nothing that trades", async () => {
  gateway(PlayerState.PLAYING).install();
  await open();
  expect(screen.getByRole("note")).toHaveTextContent("Recorded, not live");
  // The last part of the market that is drawn; only behind it is what is not there not offered.
  await screen.findByRole("tab", { name: "Rules and settlement" });
  expect(screen.getByText("Order ladder")).toBeInTheDocument();
  expect(screen.queryByRole("form", { name: "Order ticket" })).toBeNull();
  expect(screen.queryByRole("button", { name: /Buy|Sell/ })).toBeNull();
});

test("a refusal of the player is told by the page that asked", async () => {
  gateway(PlayerState.CLOSED)
    .state("player", {
      case: "player",
      value: { state: PlayerState.CLOSED, detail: "no recordings are kept" },
    })
    .install();
  await open();
  expect(screen.getByText("no recordings are kept")).toBeInTheDocument();
  expect(screen.getByText("Nothing was recorded yet")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Open replay" })).toBeDisabled();
});
