// What a person puts into the ticket, and the order that it means.
//
// A ticket speaks of a contract, YES or NO, and of its price; the book knows YES prices only:
//   buy YES at p = bid p          sell YES at p = ask p
//   buy NO at q = ask $1 - q      sell NO at q = bid $1 - q

import { BookSide, TimeInForce } from "@/gen/evx/common/v1/common_pb";
import { complement, formatPrice, formatQuantity, parsePrice, parseQuantity } from "./decimal";
import type { DraftField, OrderDraft } from "./orderPlan";

export type ContractName = "yes" | "no";
export type ActionName = "buy" | "sell";

/** How long a resting order lives. */
export type ExpiryKind = "never" | "1m" | "5m" | "1h" | "close" | "at";

/** Everything as it stands in the inputs. */
export interface TicketInput {
  contract: ContractName;
  action: ActionName;
  priceText: string;
  countText: string;
  timeInForce: TimeInForce;
  isPostOnly: boolean;
  isReduceOnly: boolean;
  expiry: ExpiryKind;
  /** Of expiry "at": "2026-03-01T12:00", in the time zone of the browser. */
  expiryText: string;
  orderGroupId: string;
}

export const EMPTY_TICKET: TicketInput = {
  contract: "yes",
  action: "buy",
  priceText: "",
  countText: "10",
  timeInForce: TimeInForce.GOOD_TILL_CANCELED,
  isPostOnly: false,
  isReduceOnly: false,
  expiry: "never",
  expiryText: "",
  orderGroupId: "",
};

export function bookSideOf(contract: ContractName, action: ActionName): BookSide {
  return (contract === "yes") === (action === "buy") ? BookSide.BID : BookSide.ASK;
}

/** The price of the ticket's contract as the book has it, and the other way round. */
export function yesPriceOf(contract: ContractName, priceMicros: bigint): bigint {
  return contract === "yes" ? priceMicros : complement(priceMicros);
}

const SECOND_NS = 1_000_000_000n;
const EXPIRY_SECONDS: Partial<Record<ExpiryKind, bigint>> = { "1m": 60n, "5m": 300n, "1h": 3_600n };

function expirationOf(
  input: TicketInput,
  nowNs: bigint,
  closeTimeNs: bigint,
): { ok: true; value: bigint } | { ok: false; reason: string } {
  if (input.expiry === "never") return { ok: true, value: 0n };
  if (input.expiry === "close") return { ok: true, value: closeTimeNs };
  const seconds = EXPIRY_SECONDS[input.expiry];
  if (seconds !== undefined) return { ok: true, value: nowNs + seconds * SECOND_NS };
  const milliseconds = Date.parse(input.expiryText);
  return Number.isNaN(milliseconds)
    ? { ok: false, reason: "Expiry is not a date and time" }
    : { ok: true, value: BigInt(milliseconds) * 1_000_000n };
}

export interface ReadTicket {
  /** Undefined: an input cannot be read. */
  draft: OrderDraft | undefined;
  /** What of the inputs cannot be read, by field. */
  errors: Partial<Record<DraftField, string>>;
}

/** Reads the inputs; whether the exchange would take the order is `planOrder`'s. */
export function readTicket(input: TicketInput, nowNs: bigint, closeTimeNs: bigint): ReadTicket {
  const errors: ReadTicket["errors"] = {};
  const price = parsePrice(input.priceText);
  const count = parseQuantity(input.countText);
  const expiration = expirationOf(input, nowNs, closeTimeNs);
  if (!price.ok) errors.price = price.reason;
  if (!count.ok) errors.quantity = count.reason;
  if (!expiration.ok) errors.expiration = expiration.reason;
  if (!price.ok || !count.ok || !expiration.ok) return { draft: undefined, errors };
  return {
    draft: {
      side: bookSideOf(input.contract, input.action),
      priceMicros: yesPriceOf(input.contract, price.value),
      quantityCentis: count.value,
      timeInForce: input.timeInForce,
      isPostOnly: input.isPostOnly,
      isReduceOnly: input.isReduceOnly,
      expirationTimeNs: expiration.value,
    },
    errors,
  };
}

/**
 * Sets what cannot stand together: reduce only needs immediate or cancel, post only and an expiry
 * need an order that rests. What was changed last wins.
 */
export function changeTicket(input: TicketInput, change: Partial<TicketInput>): TicketInput {
  const next = { ...input, ...change };
  const rests = () => next.timeInForce === TimeInForce.GOOD_TILL_CANCELED;
  if (change.isReduceOnly === true) next.timeInForce = TimeInForce.IMMEDIATE_OR_CANCEL;
  if (change.isPostOnly === true || (change.expiry !== undefined && change.expiry !== "never")) {
    next.timeInForce = TimeInForce.GOOD_TILL_CANCELED;
  }
  if (next.timeInForce !== TimeInForce.IMMEDIATE_OR_CANCEL) next.isReduceOnly = false;
  if (!rests()) {
    next.isPostOnly = false;
    next.expiry = "never";
  }
  return next;
}

/** Turns the ticket to the other contract at the same YES price: "buy YES 0.52" is "sell NO 0.48". */
export function otherContract(input: TicketInput): TicketInput {
  const price = parsePrice(input.priceText);
  return {
    ...input,
    contract: input.contract === "yes" ? "no" : "yes",
    priceText: price.ok ? formatPrice(complement(price.value)) : input.priceText,
  };
}

/** "Buy 10 YES @ 0.52", as the button that sends it says. */
export function ticketText(input: TicketInput): string {
  const price = parsePrice(input.priceText);
  const count = parseQuantity(input.countText);
  const action = input.action === "buy" ? "Buy" : "Sell";
  const amount = count.ok ? ` ${formatQuantity(count.value)}` : "";
  const at = price.ok ? ` @ ${formatPrice(price.value)}` : "";
  return `${action}${amount} ${input.contract.toUpperCase()}${at}`;
}
