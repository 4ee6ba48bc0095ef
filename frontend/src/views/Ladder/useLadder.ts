import { useMemo, useRef } from "react";
import {
  allPrices,
  type BookView,
  buildLadder,
  keepRows,
  type Ladder,
  type LadderContract,
  type LadderOrder,
  type Market,
  ownOrders,
  type PortfolioView,
} from "@/data";

const NO_ORDERS: ReadonlyMap<bigint, readonly LadderOrder[]> = new Map();

/** The rows of a ladder with the own orders on them; a row that shows the same is the same object. */
export function useLadder(
  market: Market | undefined,
  book: BookView | undefined,
  portfolio: PortfolioView | undefined,
  contract: LadderContract,
): { ladder: Ladder; own: ReadonlyMap<bigint, readonly LadderOrder[]> } {
  const bands = market?.priceBands;
  const prices = useMemo(() => (bands === undefined ? [] : allPrices(bands)), [bands]);
  const before = useRef<Ladder | undefined>(undefined);
  const ladder = useMemo(() => {
    before.current = keepRows(buildLadder(prices, book, contract), before.current);
    return before.current;
  }, [prices, book, contract]);
  const ticker = market?.marketTicker ?? "";
  const own = useMemo(
    () =>
      portfolio === undefined
        ? NO_ORDERS
        : ownOrders(portfolio.orders, portfolio.queueAhead, ticker),
    [portfolio, ticker],
  );
  return { ladder, own };
}
