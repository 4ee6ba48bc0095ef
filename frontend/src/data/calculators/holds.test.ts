import { describe, expect, test } from "vitest";
import { BookSide } from "@/gen/evx/common/v1/common_pb";
import { type HeldOrder, marketHold } from "./holds";

function order(side: BookSide, cents: bigint, contracts: bigint, feeHoldMicros = 0n): HeldOrder {
  return {
    side,
    priceMicros: cents * 10_000n,
    remainingQuantityCentis: contracts * 100n,
    feeHoldMicros,
  };
}

const DOLLAR = 1_000_000n;
const { BID, ASK } = BookSide;

// The cases that the exchange's ledger is tested with.
describe("the hold of a market", () => {
  test("a bid holds p, an ask 1 - p, each with its fee", () => {
    expect(marketHold([order(BID, 40n, 10n, 168_000n)], 0n)).toBe(4n * DOLLAR + 168_000n);
    expect(marketHold([order(ASK, 40n, 10n, 168_000n)], 0n)).toBe(6n * DOLLAR + 168_000n);
  });

  test("an order that only reduces needs no funds, not even for its fee", () => {
    expect(marketHold([order(ASK, 1n, 10n, 700n)], 1_000n)).toBe(0n);
  });

  test("an order larger than the opposite position holds for both parts", () => {
    // Selling 15 at 0.60: 10 close and bring $6, 5 open NO and cost $2.
    const first = order(ASK, 60n, 15n);
    expect(marketHold([first], 1_000n)).toBe(0n);
    // 40 more open NO and cost $16; $4 of the proceeds are left.
    expect(marketHold([first, order(ASK, 60n, 40n)], 1_000n)).toBe(12n * DOLLAR);
  });

  test("both sides are held in full", () => {
    expect(marketHold([order(BID, 40n, 10n), order(ASK, 60n, 10n)], 0n)).toBe(8n * DOLLAR);
  });
});

/** The definition: the worst cash over every choice of orders that fill completely. */
function worstCase(orders: readonly HeldOrder[], side: BookSide, netCentis: bigint): bigint {
  const mine = orders.filter((one) => one.side === side);
  let worst = 0n;
  for (let chosen = 0; chosen < 1 << mine.length; chosen += 1) {
    let net = netCentis;
    let cash = 0n;
    mine.forEach((one, i) => {
      if (((chosen >> i) & 1) === 0) return;
      const amount = (one.priceMicros * one.remainingQuantityCentis) / 100n;
      cash += side === BID ? -amount : amount;
      net += side === BID ? one.remainingQuantityCentis : -one.remainingQuantityCentis;
    });
    const owed = (centis: bigint) => (centis < 0n ? -centis : 0n);
    cash -= 10_000n * (owed(net) - owed(netCentis));
    if (cash < worst) worst = cash;
  }
  return -worst;
}

test("the closed form is the exact worst case of each side", () => {
  // A fixed congruential sequence: the same cases at every run.
  let state = 20_251_122;
  const draw = (end: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(state / 65_536) % end;
  };
  for (let round = 0; round < 400; round += 1) {
    const net = BigInt(draw(41) - 20) * 100n;
    const orders = Array.from({ length: 1 + draw(7) }, () =>
      order(draw(2) === 0 ? BID : ASK, BigInt(1 + draw(99)), BigInt(1 + draw(15))),
    );
    expect(marketHold(orders, net)).toBe(worstCase(orders, BID, net) + worstCase(orders, ASK, net));
  }
});
