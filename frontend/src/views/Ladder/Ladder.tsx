// The order ladder: every valid price in its place, bids to the left, asks to the right. A click on a
// size puts that side and price into the ticket; an own order is dragged to another price. All of it
// also goes by keys: arrows move along prices, B and S put bid and ask into the ticket, C centers, and
// on an own order arrows choose a price, Enter moves it there, Delete cancels it.

import { memo, useMemo } from "react";
import { useAction } from "@/app/actions";
import { useChoice } from "@/app/settings";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Panel";
import type { BookView, LadderContract, Live, Market, PortfolioView } from "@/data";
import { BookHealthLine } from "./BookHealthLine";
import styles from "./Ladder.module.css";
import { LadderGrid, type Picked } from "./LadderGrid";
import { OwnOrdersBar } from "./OwnOrdersBar";

export type { Picked } from "./LadderGrid";

export interface LadderProps {
  market: Market | undefined;
  /** Of the market's last trade. */
  lastPriceMicros: bigint | undefined;
  book: Live<BookView>;
  /** Not set: own orders are not shown. */
  portfolio?: PortfolioView | undefined;
  canTrade: boolean;
  onPick: (picked: Picked) => void;
}

export const Ladder = memo(function Ladder({
  market,
  lastPriceMicros,
  book,
  portfolio,
  canTrade,
  onPick,
}: LadderProps) {
  const [contractText, setContract] = useChoice("ladder.contract", "yes");
  const contract: LadderContract = contractText === "no" ? "no" : "yes";
  const [followText, setFollow] = useChoice("ladder.follow", "yes");
  const isFollowing = followText === "yes";
  const marketTicker = market?.marketTicker;
  const ownOrders = useMemo(
    () => (portfolio?.orders ?? []).filter((order) => order.marketTicker === marketTicker),
    [portfolio?.orders, marketTicker],
  );
  useAction({
    id: "ladder-contract",
    title: "Ladder: switch between YES and NO prices",
    group: "Market",
    keys: "v",
    run: () => setContract(contract === "yes" ? "no" : "yes"),
  });
  return (
    <Panel
      title="Order ladder"
      message="BOOK_UPDATE"
      value={book.value}
      isStale={book.isStale}
      isFlush
      actions={
        <>
          <Button
            size="small"
            variant="ghost"
            isPressed={isFollowing}
            title="Stays centered at the best prices, except under the pointer"
            onClick={() => setFollow(isFollowing ? "no" : "yes")}
          >
            Follow
          </Button>
          <div role="group" aria-label="Prices of" className={styles.contracts}>
            {(["yes", "no"] as const).map((each) => (
              <Button
                key={each}
                size="small"
                variant="ghost"
                isPressed={contract === each}
                onClick={() => setContract(each)}
              >
                {each.toUpperCase()}
              </Button>
            ))}
          </div>
        </>
      }
    >
      {(view) => (
        <>
          <LadderGrid
            key={contract}
            market={market}
            lastPriceMicros={lastPriceMicros}
            view={view}
            contract={contract}
            portfolio={portfolio}
            canTrade={canTrade}
            isFollowing={isFollowing}
            onPick={onPick}
          />
          {canTrade && <OwnOrdersBar orders={ownOrders} contract={contract} />}
          <BookHealthLine
            health={view.health}
            heardMs={book.heardMs}
            isReplay={view.replayId !== ""}
          />
        </>
      )}
    </Panel>
  );
});
