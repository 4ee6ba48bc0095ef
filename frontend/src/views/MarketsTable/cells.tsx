// What stands in the cells of the table of markets.

import { toggleFavourite, useSettings } from "@/app/settings";
import { Flash } from "@/components/Flash";
import { Spark } from "@/components/Spark";
import { formatCountdown, secondsUntil } from "@/components/times";
import { useNowSeconds } from "@/components/useNow";
import {
  formatPrice,
  formatProbability,
  impliedPrice,
  type MarketEntry,
  MarketResult,
  NOTHING,
  priceDigits,
  useSpark,
} from "@/data";
import { RESULT_WORDS } from "@/views/MarketFacts/names";
import styles from "./MarketsTable.module.css";

/** The finest prices of the venue have so many digits behind the point. */
const DIGITS_MAX = 4;
const SOON_SECONDS = 300;

export function Nothing() {
  return <span className={styles.none}>{NOTHING}</span>;
}

/** A price with its point below those of the other rows, however fine their ticks are. */
export function Price({
  shown,
  micros,
  isFlashing = true,
}: {
  shown: MarketEntry;
  micros: bigint | undefined;
  isFlashing?: boolean;
}) {
  if (micros === undefined) return <Nothing />;
  const digits = priceDigits(shown.market.priceBands);
  const text = formatPrice(micros, digits);
  return (
    <>
      {isFlashing ? <Flash value={micros}>{text}</Flash> : text}
      <span className={styles.pad} style={{ width: `${DIGITS_MAX - digits}ch` }} />
    </>
  );
}

export function Star({ marketTicker }: { marketTicker: string }) {
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

export function Name({ shown, isGrouped }: { shown: MarketEntry; isGrouped: boolean }) {
  const { market } = shown;
  const hasTitle = market.subtitle !== "" && !isGrouped;
  return (
    <span className={styles.name} title={`${market.title} ${market.subtitle}`}>
      <span className={styles.subtitle}>{market.subtitle || market.title}</span>
      {hasTitle && <span className={styles.title}>{market.title}</span>}
    </span>
  );
}

export function Chance({ shown }: { shown: MarketEntry }) {
  const { result } = shown.market;
  if (result !== MarketResult.UNSPECIFIED) return RESULT_WORDS[result];
  const implied = impliedPrice(shown);
  if (implied === undefined) return <Nothing />;
  return (
    <span className={styles.chance}>
      <span
        className={styles.track}
        style={{ backgroundSize: `${Number(implied) / 10_000}% 100%` }}
        aria-hidden="true"
      />
      <span className={styles.percent}>{formatProbability((implied / 10_000n) * 10_000n)}</span>
    </span>
  );
}

export function Hour({ shown }: { shown: MarketEntry }) {
  const { market } = shown;
  const values = useSpark(market.marketTicker, impliedPrice(shown));
  return <Spark values={values} label={`${market.marketTicker}: the last hour`} />;
}

export function Closes({ shown }: { shown: MarketEntry }) {
  const left = secondsUntil(shown.market.closeTimeNs, useNowSeconds());
  return (
    <span className={left < SOON_SECONDS ? styles.soon : undefined}>{formatCountdown(left)}</span>
  );
}
