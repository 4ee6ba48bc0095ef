// One market with everything about it: chart, depth, ladder, ticket, tape, rules. The same view shows
// a replay; there nothing can be ordered.

import { memo, type ReactNode, useCallback } from "react";
import { useAction } from "@/app/actions";
import { useChoice, useShare } from "@/app/settings";
import { Panel } from "@/components/Panel";
import { Split } from "@/components/Split";
import { Tabs } from "@/components/Tabs";
import { showToast } from "@/components/toasts";
import { useMedia } from "@/components/useMedia";
import { useTurns } from "@/components/useTurns";
import {
  type MarketSource,
  success,
  useBook,
  useLastPrice,
  useMarket,
  useMarketFacts,
  useMarketsStatus,
  usePortfolio,
  useSampledTrades,
  useSessionStore,
} from "@/data";
import { DepthChart } from "@/views/DepthChart/DepthChart";
import { EventMarkets } from "@/views/EventMarkets/EventMarkets";
import { Ladder, type LadderProps, type Picked } from "@/views/Ladder/Ladder";
import { MarketFacts } from "@/views/MarketFacts/MarketFacts";
import { PriceChart } from "@/views/PriceChart/PriceChart";
import { TradeForm } from "@/views/TradeForm/TradeForm";
import { pickPrice } from "@/views/TradeForm/ticketStore";
import { TradeTape } from "@/views/TradeTape/TradeTape";
import { MarketHead } from "./MarketHead";
import styles from "./MarketView.module.css";

/** A phone or a tablet held upright: chart, ladder and ticket have no room beside each other. */
const NARROW_QUERY = "(max-width: 1000px)";

export interface MarketViewProps {
  marketTicker: string;
  source: MarketSource;
}

export function MarketView({ marketTicker, source }: MarketViewProps) {
  const status = useMarketsStatus();
  const isKnown = useMarketFacts(marketTicker) !== undefined;
  const isLive = source === "live";
  const role = useSessionStore((state) => state.session?.role);
  const canTrade = isLive && role !== undefined && role !== "viewer";
  const account = useAccount(canTrade);
  const isNarrow = useMedia(NARROW_QUERY);

  const onPick = useCallback(
    ({ contract, action, yesPriceMicros }: Picked) => {
      void pickPrice({ marketTicker, contract, action, yesPriceMicros });
    },
    [marketTicker],
  );

  if (!isKnown && status.value.status === "success" && isLive) {
    return (
      <div className={styles.missing}>
        <h1>There is no market {marketTicker}</h1>
        <p>
          <a href="#/markets">To the markets</a>
        </p>
      </div>
    );
  }
  const of = { marketTicker, source };
  const chart = <PriceChart {...of} portfolio={account} />;
  const depth = <DepthChart {...of} />;
  const ladder = <LadderOf {...of} portfolio={account} canTrade={canTrade} onPick={onPick} />;
  const tape = <TapeOf {...of} />;
  const facts = <MarketFacts marketTicker={marketTicker} />;
  // Its prices are of now, which a replay does not show.
  const event = isLive ? <EventMarkets marketTicker={marketTicker} /> : null;
  const ticket = canTrade ? (
    <Panel title="Ticket" message="CREATE_ORDER" value={success(null)} isFlush>
      {() => (
        <div className={styles.ticket}>
          <TradeForm marketTicker={marketTicker} />
        </div>
      )}
    </Panel>
  ) : null;
  const parts = { chart, depth, ladder, tape, facts, event, ticket };
  return (
    <div className={styles.page}>
      {/* Its prices and its countdown are of now: a replay does without. */}
      {isLive && <HeadOf marketTicker={marketTicker} isStale={status.isStale} />}
      {isNarrow ? <NarrowParts {...parts} /> : <WideParts {...parts} />}
    </div>
  );
}

/** With each trade every row of the tape moves: those of a moment move them together. */
const TAPE_MS = 250;

// Each part listens to its own data: a price draws what shows it, not the page.

function HeadOf({ marketTicker, isStale }: { marketTicker: string; isStale: boolean }) {
  const entry = useMarket(marketTicker);
  return entry === undefined ? null : <MarketHead entry={entry} isStale={isStale} />;
}

const LadderOf = memo(function LadderOf({
  marketTicker,
  source,
  ...rest
}: MarketViewProps & Pick<LadderProps, "portfolio" | "canTrade" | "onPick">) {
  return (
    <Ladder
      market={useMarketFacts(marketTicker)}
      lastPriceMicros={useLastPrice(marketTicker)}
      book={useBook(marketTicker, source)}
      {...rest}
    />
  );
});

const TapeOf = memo(function TapeOf({ marketTicker, source }: MarketViewProps) {
  const market = useMarketFacts(marketTicker);
  return <TradeTape market={market} trades={useSampledTrades(marketTicker, source, TAPE_MS)} />;
});

/** The own account, for those who have one. */
function useAccount(isWanted: boolean) {
  const portfolio = usePortfolio(isWanted);
  return isWanted ? portfolio.value.data : undefined;
}

interface Parts {
  chart: ReactNode;
  depth: ReactNode;
  ladder: ReactNode;
  tape: ReactNode;
  facts: ReactNode;
  event: ReactNode;
  ticket: ReactNode;
}

/** Ladder, chart, ticket with tape, and what is below the chart, in turn. */
function WideParts({ chart, depth, ladder, tape, facts, event, ticket }: Parts) {
  const turn = useTurns(4);
  const [left, setLeft] = useShare("market.left", 46);
  const [middle, setMiddle] = useShare("market.middle", 57);
  const [top, setTop] = useShare("market.top", 62);
  const [ticketShare, setTicketShare] = useShare("market.ticket", 80);
  const [tab, setTab] = useChoice("market.tab", "depth");
  const below = (
    <div className={styles.below}>
      <Tabs
        label="More about the market"
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "depth", title: "Depth", content: depth },
          ...(event === null ? [] : [{ value: "event", title: "Event", content: event }]),
          { value: "facts", title: "Rules and settlement", content: facts },
        ]}
      />
    </div>
  );
  const right =
    ticket === null ? (
      tape
    ) : (
      <Split
        label="Height of the ticket"
        direction="column"
        share={ticketShare}
        onShare={setTicketShare}
        first={ticket}
        second={tape}
      />
    );
  return (
    <div className={styles.parts}>
      <Split
        label="Width of the chart"
        direction="row"
        share={left}
        onShare={setLeft}
        first={
          <Split
            label="Height of the chart"
            direction="column"
            share={top}
            onShare={setTop}
            first={turn >= 2 && chart}
            second={turn >= 4 && below}
          />
        }
        second={
          <Split
            label="Width of the ladder"
            direction="row"
            share={middle}
            onShare={setMiddle}
            first={turn >= 1 && ladder}
            second={turn >= 3 && right}
          />
        }
      />
    </div>
  );
}

function NarrowParts({ chart, depth, ladder, tape, facts, event, ticket }: Parts) {
  const [tab, setTab] = useChoice("market.phone-tab", "ladder");
  const tabs = [
    { value: "ladder", title: "Ladder", content: ladder },
    { value: "chart", title: "Chart", content: chart },
    ...(ticket === null ? [] : [{ value: "ticket", title: "Ticket", content: ticket }]),
    { value: "tape", title: "Trades", content: tape },
    { value: "depth", title: "Depth", content: depth },
    ...(event === null ? [] : [{ value: "event", title: "Event", content: event }]),
    { value: "facts", title: "Rules", content: facts },
  ];
  return (
    <div className={styles.parts}>
      <Tabs label="Parts of the market" value={tab} onChange={setTab} tabs={tabs} />
    </div>
  );
}

/** Offers to copy the address of the market. */
export function ShareAction({ marketTicker }: { marketTicker: string }) {
  useAction({
    id: "copy-ticker",
    title: "Copy the ticker of the market",
    group: "Market",
    keys: "shift+c",
    run: () => {
      navigator.clipboard?.writeText(marketTicker).then(
        () => showToast({ title: `${marketTicker} copied`, tone: "success" }),
        () => showToast({ title: "The clipboard is not open to this page", tone: "warning" }),
      );
    },
  });
  return null;
}
