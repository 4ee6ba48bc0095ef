import { describe, expect, test } from "vitest";
import { BookSide, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import {
  changeTicket,
  EMPTY_TICKET,
  otherContract,
  readTicket,
  type TicketInput,
  ticketText,
} from "./ticket";

const NOW = 1_700_000_000_000_000_000n;
const CLOSE = NOW + 3_600_000_000_000n;

function ticket(changes: Partial<TicketInput> = {}): TicketInput {
  return { ...EMPTY_TICKET, priceText: "0.52", ...changes };
}

describe("the order that a ticket means", () => {
  test.each([
    ["yes", "buy", BookSide.BID, 520_000n],
    ["yes", "sell", BookSide.ASK, 520_000n],
    ["no", "buy", BookSide.ASK, 480_000n],
    ["no", "sell", BookSide.BID, 480_000n],
  ] as const)("%s %s", (contract, action, side, priceMicros) => {
    const { draft } = readTicket(ticket({ contract, action }), NOW, CLOSE);
    expect(draft).toMatchObject({ side, priceMicros, quantityCentis: 1_000n });
  });

  test("the other contract at the complement is the same price of the book", () => {
    const turned = otherContract(ticket());
    expect(turned).toMatchObject({ contract: "no", priceText: "0.48" });
    expect(readTicket(turned, NOW, CLOSE).draft?.priceMicros).toBe(520_000n);
  });

  test("what cannot be read is named by its field", () => {
    const read = readTicket(ticket({ priceText: "", countText: "x" }), NOW, CLOSE);
    expect(read.draft).toBeUndefined();
    expect(read.errors).toEqual({
      price: "Price is missing",
      quantity: "Count is not a number: x",
    });
  });

  test.each([
    ["never", 0n],
    ["1m", NOW + 60_000_000_000n],
    ["5m", NOW + 300_000_000_000n],
    ["1h", NOW + 3_600_000_000_000n],
    ["close", CLOSE],
  ] as const)("an expiry of %s", (expiry, expected) => {
    expect(readTicket(ticket({ expiry }), NOW, CLOSE).draft?.expirationTimeNs).toBe(expected);
  });

  test("an expiry at a moment is one of the browser's time zone", () => {
    const text = "2026-03-01T12:00";
    const { draft } = readTicket(ticket({ expiry: "at", expiryText: text }), NOW, CLOSE);
    expect(draft?.expirationTimeNs).toBe(BigInt(new Date(text).getTime()) * 1_000_000n);
    expect(readTicket(ticket({ expiry: "at" }), NOW, CLOSE).errors.expiration).toBe(
      "Expiry is not a date and time",
    );
  });
});

describe("what cannot stand together", () => {
  const { GOOD_TILL_CANCELED, IMMEDIATE_OR_CANCEL, FILL_OR_KILL } = TimeInForce;

  test("reduce only makes it immediate or cancel", () => {
    const next = changeTicket(ticket({ isPostOnly: true, expiry: "1h" }), { isReduceOnly: true });
    expect(next).toMatchObject({
      timeInForce: IMMEDIATE_OR_CANCEL,
      isPostOnly: false,
      expiry: "never",
    });
  });

  test("post only makes it rest and ends reduce only", () => {
    const before = ticket({ timeInForce: IMMEDIATE_OR_CANCEL, isReduceOnly: true });
    expect(changeTicket(before, { isPostOnly: true })).toMatchObject({
      timeInForce: GOOD_TILL_CANCELED,
      isReduceOnly: false,
      isPostOnly: true,
    });
  });

  test("fill or kill ends all three", () => {
    const before = ticket({ isPostOnly: true, expiry: "5m" });
    expect(changeTicket(before, { timeInForce: FILL_OR_KILL })).toMatchObject({
      isPostOnly: false,
      isReduceOnly: false,
      expiry: "never",
    });
  });
});

test("the button says what it sends", () => {
  expect(ticketText(ticket())).toBe("Buy 10 YES @ 0.52");
  expect(ticketText(ticket({ action: "sell", contract: "no", priceText: "x" }))).toBe("Sell 10 NO");
});
