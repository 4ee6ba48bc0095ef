import { memo, type ReactNode } from "react";
import { toggleFavourite, useSettings } from "@/app/settings";
import { Badge } from "@/components/Badge";
import { Flash } from "@/components/Flash";
import { formatCountdown, secondsUntil } from "@/components/times";
import { useNowSeconds } from "@/components/useNow";
import {
  askOf,
  bidOf,
  complement,
  formatPrice,
  formatProbability,
  formatQuantity,
  impliedPrice,
  lastOf,
  type MarketEntry,
  MarketResult,
  NOTHING,
  priceDigits,
  spreadOf,
} from "@/data";
import { RESULT_WORDS, STATUS_WORDS } from "@/views/MarketFacts/names";
import styles from "./MarketView.module.css";

/** What the market is, what it says, and how long it will. */
export const MarketHead = memo(function MarketHead({
  entry,
  isStale,
}: {
  entry: MarketEntry;
  isStale: boolean;
}) {
  const { market, ticker } = entry;
  const isStarred = useSettings((settings) => settings.favourites.includes(market.marketTicker));
  const digits = priceDigits(market.priceBands);
  const status = STATUS_WORDS[market.status];
  const implied = impliedPrice(entry);
  const spread = spreadOf(entry);
  const bid = bidOf(entry);
  const ask = askOf(entry);
  const price = (micros: bigint | undefined) =>
    micros === undefined ? NOTHING : <Flash value={micros}>{formatPrice(micros, digits)}</Flash>;
  return (
    <header className={styles.head} data-message="MARKET_TICKER" data-stale={isStale || undefined}>
      <div className={styles.names}>
        <h1 className={styles.title}>
          <button
            type="button"
            className={styles.star}
            aria-label="Favourite"
            aria-pressed={isStarred}
            onClick={() => toggleFavourite(market.marketTicker)}
          >
            {isStarred ? "★" : "☆"}
          </button>
          <span className={styles.titleText}>{market.title}</span>
        </h1>
        <p className={styles.subtitle}>
          {market.subtitle !== "" && <span className={styles.sub}>{market.subtitle}</span>}
          <span className={styles.code}>{market.marketTicker}</span>
          <Badge tone={status.tone}>{status.text}</Badge>
          {isStale && <Badge tone="warning">Stale</Badge>}
        </p>
      </div>
      <dl className={styles.figures}>
        {market.result === MarketResult.UNSPECIFIED ? (
          <Figure name="Chance" isLarge>
            {implied === undefined ? NOTHING : formatProbability((implied / 1_000n) * 1_000n)}
          </Figure>
        ) : (
          <Figure name="Outcome" isLarge>
            {RESULT_WORDS[market.result]}
          </Figure>
        )}
        <Figure name="YES bid / ask">
          <span className={styles.yes}>{price(bid)}</span>
          <span className={styles.slash}>/</span>
          <span className={styles.no}>{price(ask)}</span>
        </Figure>
        <Figure name="NO bid / ask" isMinor>
          <span className={styles.no}>
            {ask === undefined ? NOTHING : formatPrice(complement(ask), digits)}
          </span>
          <span className={styles.slash}>/</span>
          <span className={styles.yes}>
            {bid === undefined ? NOTHING : formatPrice(complement(bid), digits)}
          </span>
        </Figure>
        <Figure name="Spread" isMinor>
          {spread === undefined ? NOTHING : formatPrice(spread, digits)}
        </Figure>
        <Figure name="Last">{price(lastOf(entry))}</Figure>
        <Figure name="Volume" isMinor>
          {ticker === undefined ? NOTHING : formatQuantity((ticker.volumeCentis / 100n) * 100n)}
        </Figure>
        <Figure name="Open interest" isMinor>
          {ticker === undefined
            ? NOTHING
            : formatQuantity((ticker.openInterestCentis / 100n) * 100n)}
        </Figure>
        <Figure name="Closes in">
          <Countdown closeTimeNs={market.closeTimeNs} />
        </Figure>
      </dl>
    </header>
  );
});

function Figure({
  name,
  isLarge = false,
  isMinor = false,
  children,
}: {
  name: string;
  isLarge?: boolean;
  isMinor?: boolean;
  children: ReactNode;
}) {
  return (
    <div
      className={styles.figure}
      data-large={isLarge || undefined}
      data-minor={isMinor || undefined}
    >
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const SOON_SECONDS = 60;

function Countdown({ closeTimeNs }: { closeTimeNs: bigint }) {
  const left = secondsUntil(closeTimeNs, useNowSeconds());
  if (left <= 0) return <span className={styles.over}>closed</span>;
  return (
    <time className={left <= SOON_SECONDS ? styles.soon : undefined} role="timer">
      {formatCountdown(left)}
    </time>
  );
}
