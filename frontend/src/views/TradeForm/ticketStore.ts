// The ticket of the page: what stands in its inputs, whether one click sends, and what became of the
// last order. One ticket for all markets: its count and its terms stay when the market changes, the
// price does not.

import { create } from "zustand";
import {
  type ActionName,
  availableCash,
  type CommandResult,
  type ContractName,
  changeTicket,
  currentMarket,
  EMPTY_TICKET,
  formatPrice,
  holdingOf,
  type OrderPlan,
  type PlanContext,
  planOrder,
  RequestError,
  readTicket,
  sendCommand,
  stack,
  type TicketInput,
  yesPriceOf,
} from "@/data";

/** An armed ticket disarms itself when nothing was sent for so long. */
export const ARMED_MS = 120_000;

/** What the last order came to. */
export interface TicketOutcome {
  readonly marketTicker: string;
  readonly result: CommandResult | undefined;
  /** Why it was not sent, or what became of it is not known. */
  readonly error: RequestError | undefined;
  /** From the key or click to the answer on the page. */
  readonly elapsedMs: number;
}

export interface TicketState {
  readonly marketTicker: string;
  readonly input: TicketInput;
  /** On the clock of Date.now; 0: one click does not send. */
  readonly armedUntilMs: number;
  readonly sendingCount: number;
  readonly outcome: TicketOutcome | undefined;
}

const DISARMED = { armedUntilMs: 0 };

export const useTicketStore = create<TicketState>(() => ({
  marketTicker: "",
  input: EMPTY_TICKET,
  ...DISARMED,
  sendingCount: 0,
  outcome: undefined,
}));

/** The ticket is of this market from now on: the price is gone, and one click does not send. */
export function openTicket(marketTicker: string): void {
  const { marketTicker: before, input } = useTicketStore.getState();
  if (before === marketTicker) return;
  useTicketStore.setState({
    marketTicker,
    input: { ...input, priceText: "" },
    outcome: undefined,
    ...DISARMED,
  });
}

export function editTicket(change: Partial<TicketInput>): void {
  useTicketStore.setState(({ input }) => ({ input: changeTicket(input, change) }));
}

export function armTicket(isArmed: boolean): void {
  useTicketStore.setState({ armedUntilMs: isArmed ? Date.now() + ARMED_MS : 0 });
}

export function isArmed(state: TicketState): boolean {
  return state.armedUntilMs > Date.now();
}

/** What is known of the ticket's market now; undefined: the market is not known. */
export function planContext(marketTicker: string): PlanContext | undefined {
  const market = currentMarket(marketTicker)?.market;
  if (market === undefined) return undefined;
  const book = stack().book(marketTicker, "live").getSnapshot();
  const portfolio = stack().portfolio.getSnapshot().value.data;
  return {
    market,
    book: book.value.data,
    holding: holdingOf(portfolio?.positions ?? [], marketTicker),
    ownOrders: (portfolio?.orders ?? []).filter((order) => order.marketTicker === marketTicker),
    availableMicros: availableCash(portfolio?.balance),
    nowNs: BigInt(Date.now()) * 1_000_000n,
  };
}

export interface TicketPlan {
  readonly plan: OrderPlan | undefined;
  /** Why it cannot be sent, by the exchange's names where it has one; empty: it can. */
  readonly problems: readonly { reason: string; field: string; message: string }[];
}

/** Reads the ticket and foretells what its order does. */
export function planTicket(input: TicketInput, context: PlanContext): TicketPlan {
  const read = readTicket(input, context.nowNs, context.market.closeTimeNs);
  if (read.draft === undefined) {
    const problems = Object.entries(read.errors).map(([field, message]) => ({
      reason: "Incomplete",
      field,
      message,
    }));
    return { plan: undefined, problems };
  }
  const plan = planOrder(read.draft, context);
  return { plan, problems: plan.problems };
}

function notSent(reason: string, message: string): RequestError {
  return new RequestError(reason, message, true);
}

/** Sends these inputs as an order; the outcome is in the store, and given back. */
export async function sendTicket(
  marketTicker: string,
  input: TicketInput,
): Promise<TicketOutcome | undefined> {
  const startedMs = performance.now();
  const finish = (outcome: Pick<TicketOutcome, "result" | "error">): TicketOutcome => {
    const whole = { marketTicker, ...outcome, elapsedMs: performance.now() - startedMs };
    useTicketStore.setState({ outcome: whole });
    return whole;
  };
  const context = planContext(marketTicker);
  const read =
    context === undefined
      ? undefined
      : readTicket(input, context.nowNs, context.market.closeTimeNs);
  const draft = read?.draft;
  if (context === undefined || draft === undefined) {
    const message = Object.values(read?.errors ?? {})[0] ?? "Nothing is known of the market";
    return finish({ result: undefined, error: notSent("Incomplete", message) });
  }
  const problem = planOrder(draft, context).problems[0];
  if (problem !== undefined) {
    return finish({ result: undefined, error: notSent(problem.reason, problem.message) });
  }
  useTicketStore.setState(({ sendingCount }) => ({ sendingCount: sendingCount + 1 }));
  try {
    const result = await sendCommand({
      case: "createOrder",
      value: {
        marketTicker,
        side: draft.side,
        priceMicros: draft.priceMicros,
        quantityCentis: draft.quantityCentis,
        timeInForce: draft.timeInForce,
        postOnly: draft.isPostOnly,
        reduceOnly: draft.isReduceOnly,
        expirationTimeNs: draft.expirationTimeNs,
        orderGroupId: input.orderGroupId,
      },
    });
    return finish({ result, error: undefined });
  } catch (error) {
    if (error instanceof RequestError) return finish({ result: undefined, error });
    throw error;
  } finally {
    useTicketStore.setState(({ sendingCount }) => ({ sendingCount: sendingCount - 1 }));
  }
}

/** A price of the book that was clicked, or chosen by a key. */
export interface PickedPrice {
  readonly marketTicker: string;
  readonly contract: ContractName;
  readonly action: ActionName;
  /** Of the YES contract. */
  readonly yesPriceMicros: bigint;
}

/**
 * The ladder's click: it fills the ticket, and where one click is armed it sends. Gives back what
 * became of the order; undefined: only the ticket was filled.
 */
export async function pickPrice(picked: PickedPrice): Promise<TicketOutcome | undefined> {
  const { marketTicker, contract, action, yesPriceMicros } = picked;
  openTicket(marketTicker);
  const priceText = formatPrice(yesPriceOf(contract, yesPriceMicros));
  editTicket({ contract, action, priceText });
  const state = useTicketStore.getState();
  if (!isArmed(state)) return undefined;
  armTicket(true);
  return sendTicket(marketTicker, state.input);
}
