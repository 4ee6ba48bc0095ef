import { toggleFavourite, useSettings } from "@/app/settings";
import { Flash } from "@/components/Flash";
import { Spark } from "@/components/Spark";
import type { Column } from "@/components/Table";
import { formatCountdown, secondsUntil } from "@/components/times";
import { useNowSeconds } from "@/components/useNow";
import {
  currentMarket,
  eventSums,
  formatPrice,
  formatProbability,
  formatQuantity,
  impliedPrice,
  type MarketEntry,
  NOTHING,
  priceDigits,
  spreadOf,
  useMarket,
  useSpark,
} from "@/data";
import styles from "./MarketsTable.module.css";

/** A line of the table: a market, or the event that stands over its markets. */
export type MarketLine =
  | { readonly kind: "market"; readonly marketTicker: string }
  | {
      readonly kind: "event";
      readonly eventTicker: string;
      readonly title: string;
      readonly isExclusive: boolean;
      readonly marketTickers: readonly string[];
    };

export type ShownLine = MarketEntry | undefined;

export function lineKey(line: MarketLine): string {
  return line.kind === "market" ? line.marketTicker : `event ${line.eventTicker}`;
}

export function useLine(line: MarketLine): ShownLine {
  return useMarket(line.kind === "market" ? line.marketTicker : "");
}

const DOLLAR = 1_000_000n;

function Price({ shown, micros }: { shown: ShownLine; micros: bigint | undefined }) {
  if (shown === undefined || micros === undefined)
    return <span className={styles.none}>{NOTHING}</span>;
  return <Flash value={micros}>{formatPrice(micros, priceDigits(shown.market.priceBands))}</Flash>;
}

function Star({ marketTicker }: { marketTicker: string }) {
  const isStarred = useSettings((settings) => settings.favourites.includes(marketTicker));
  return (
    <button
      type="button"
      className={styles.star}
      aria-label={`Favourite ${marketTicker}`}
      aria-pressed={isStarred}
      onClick={(event) => {
        event.stopPropagation();
        toggleFavourite(marketTicker);
      }}
    >
      {isStarred ? "★" : "☆"}
    </button>
  );
}

function Name({ shown }: { shown: MarketEntry }) {
  const { market } = shown;
  return (
    <span className={styles.name} title={`${market.title} ${market.subtitle}`}>
      <span className={styles.subtitle}>{market.subtitle || market.title}</span>
      {market.subtitle !== "" && <span className={styles.title}>{market.title}</span>}
    </span>
  );
}

function Chance({ shown }: { shown: MarketEntry }) {
  const implied = impliedPrice(shown);
  if (implied === undefined) return <span className={styles.none}>{NOTHING}</span>;
  return (
    <span className={styles.chance}>
      <span className={styles.track} aria-hidden="true">
        <span style={{ width: `${Number(implied) / 10_000}%` }} />
      </span>
      <span className={styles.percent}>{formatProbability((implied / 10_000n) * 10_000n)}</span>
    </span>
  );
}

function Hour({ shown }: { shown: MarketEntry }) {
  const { market } = shown;
  const values = useSpark(market.marketTicker, impliedPrice(shown));
  return <Spark values={values} label={`${market.marketTicker}: the last hour`} />;
}

function Closes({ shown }: { shown: MarketEntry }) {
  const left = secondsUntil(shown.market.closeTimeNs, useNowSeconds());
  return <span className={left < 300 ? styles.soon : undefined}>{formatCountdown(left)}</span>;
}

function by(pick: (entry: MarketEntry) => bigint | undefined) {
  return (a: MarketLine, b: MarketLine): number => {
    const value = (line: MarketLine) => {
      const entry = line.kind === "market" ? currentMarket(line.marketTicker) : undefined;
      return (entry === undefined ? undefined : pick(entry)) ?? -1n;
    };
    const left = value(a);
    const right = value(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

function byText(a: MarketLine, b: MarketLine): number {
  const text = (line: MarketLine) => {
    const entry = line.kind === "market" ? currentMarket(line.marketTicker) : undefined;
    return `${entry?.market.title ?? ""} ${entry?.market.subtitle ?? ""}`;
  };
  return text(a).localeCompare(text(b));
}

const STAR: Column<MarketLine, ShownLine> = {
  key: "star",
  title: "Favourite",
  head: <span className="visually-hidden">Favourite</span>,
  width: "30px",
  align: "center",
  render: (shown) => shown && <Star marketTicker={shown.market.marketTicker} />,
};
const NAME: Column<MarketLine, ShownLine> = {
  key: "name",
  title: "Market",
  width: "minmax(150px, 1fr)",
  render: (shown) => shown && <Name shown={shown} />,
  compare: byText,
};
const CHANCE: Column<MarketLine, ShownLine> = {
  key: "chance",
  title: "Chance",
  width: "104px",
  align: "number",
  render: (shown) => shown && <Chance shown={shown} />,
  compare: by(impliedPrice),
};
const BID: Column<MarketLine, ShownLine> = {
  key: "bid",
  title: "Bid",
  width: "66px",
  align: "number",
  render: (shown) => (
    <span className={styles.bid}>
      <Price shown={shown} micros={shown?.ticker?.bidPriceMicros || undefined} />
    </span>
  ),
  compare: by((entry) => entry.ticker?.bidPriceMicros),
};
const ASK: Column<MarketLine, ShownLine> = {
  key: "ask",
  title: "Ask",
  width: "66px",
  align: "number",
  render: (shown) => {
    const ask = shown?.ticker?.askPriceMicros;
    return (
      <span className={styles.ask}>
        <Price shown={shown} micros={ask === DOLLAR ? undefined : ask} />
      </span>
    );
  },
  compare: by((entry) => entry.ticker?.askPriceMicros),
};
const SPREAD: Column<MarketLine, ShownLine> = {
  key: "spread",
  title: "Spread",
  width: "66px",
  align: "number",
  render: (shown) => {
    const spread = shown === undefined ? undefined : spreadOf(shown);
    return spread === undefined || shown === undefined ? (
      <span className={styles.none}>{NOTHING}</span>
    ) : (
      formatPrice(spread, priceDigits(shown.market.priceBands))
    );
  },
  compare: by(spreadOf),
};
const LAST: Column<MarketLine, ShownLine> = {
  key: "last",
  title: "Last",
  width: "66px",
  align: "number",
  render: (shown) => <Price shown={shown} micros={shown?.ticker?.lastPriceMicros || undefined} />,
  compare: by((entry) => entry.ticker?.lastPriceMicros),
};
const HOUR: Column<MarketLine, ShownLine> = {
  key: "hour",
  title: "Last hour",
  width: "92px",
  align: "center",
  render: (shown) => shown && <Hour shown={shown} />,
};
const VOLUME: Column<MarketLine, ShownLine> = {
  key: "volume",
  title: "Volume",
  width: "96px",
  align: "number",
  render: (shown) =>
    shown?.ticker === undefined ? (
      <span className={styles.none}>{NOTHING}</span>
    ) : (
      formatQuantity((shown.ticker.volumeCentis / 100n) * 100n)
    ),
  compare: by((entry) => entry.ticker?.volumeCentis),
};
const INTEREST: Column<MarketLine, ShownLine> = {
  key: "interest",
  title: "Open int.",
  width: "92px",
  align: "number",
  render: (shown) =>
    shown?.ticker === undefined ? (
      <span className={styles.none}>{NOTHING}</span>
    ) : (
      formatQuantity((shown.ticker.openInterestCentis / 100n) * 100n)
    ),
  compare: by((entry) => entry.ticker?.openInterestCentis),
};
const CLOSES: Column<MarketLine, ShownLine> = {
  key: "closes",
  title: "Closes in",
  width: "86px",
  align: "number",
  render: (shown) => shown && <Closes shown={shown} />,
  compare: by((entry) => entry.market.closeTimeNs),
};
const TICKER: Column<MarketLine, ShownLine> = {
  key: "ticker",
  title: "Ticker",
  width: "minmax(120px, 220px)",
  render: (shown) => <span className={styles.ticker}>{shown?.market.marketTicker}</span>,
};

export const WIDE_COLUMNS = [
  STAR,
  NAME,
  CHANCE,
  BID,
  ASK,
  SPREAD,
  LAST,
  HOUR,
  VOLUME,
  INTEREST,
  CLOSES,
  TICKER,
];
export const NARROW_COLUMNS = [
  STAR,
  { ...NAME, width: "minmax(0, 1fr)" },
  { ...BID, width: "54px" },
  { ...ASK, width: "54px" },
  { ...CLOSES, width: "72px" },
];

/** An event over its markets: what their chances sum to tells whether somebody is wrong. */
export function EventHead({ line }: { line: Extract<MarketLine, { kind: "event" }> }) {
  useNowSeconds();
  const sums = eventSums(line.marketTickers.map(currentMarket));
  const isKnown = sums.unknownCount < line.marketTickers.length;
  return (
    <span className={styles.event}>
      <span className={styles.eventTitle}>{line.title}</span>
      <span className={styles.eventFacts}>
        {line.marketTickers.length} {line.marketTickers.length === 1 ? "market" : "markets"}
        {isKnown && line.isExclusive && (
          <>
            <span>
              sum of bids <b>{formatProbability((sums.bidMicros / 10_000n) * 10_000n)}</b>
            </span>
            <span>
              asks <b>{formatProbability((sums.askMicros / 10_000n) * 10_000n)}</b>
            </span>
            <span>
              middle <b>{formatProbability((sums.impliedMicros / 10_000n) * 10_000n)}</b>
            </span>
          </>
        )}
      </span>
    </span>
  );
}
