import { Badge } from "@/components/Badge";
import { useNowSeconds } from "@/components/useNow";
import {
  currentMarket,
  formatPrice,
  formatProbability,
  MICROS_PER_DOLLAR,
  NOTHING,
  type ProbabilitySums,
  probabilitySums,
} from "@/data";
import type { EventLine } from "./lines";
import styles from "./MarketsTable.module.css";

/** To the whole percent. */
function percent(micros: bigint | undefined): string {
  return micros === undefined ? NOTHING : formatProbability((micros / 10_000n) * 10_000n);
}

/** Of markets that exclude each other: their sums, and whether somebody pays more than a dollar. */
function Sums({ sums }: { sums: ProbabilitySums }) {
  const { bidsMicros, arbitrageMicros } = sums;
  const isOver = bidsMicros !== undefined && bidsMicros > MICROS_PER_DOLLAR;
  return (
    <>
      <span>
        sum of bids <b>{percent(bidsMicros)}</b>
      </span>
      <span>
        asks <b>{percent(sums.asksMicros)}</b>
      </span>
      <span className={styles.minor}>
        middle <b>{percent(sums.middlesMicros)}</b>
      </span>
      {arbitrageMicros > 0n && (
        <span
          className={styles.minor}
          title={
            isOver
              ? "Bids sum to more than a dollar, and at most one market pays it; before fees"
              : "Asks sum to less than a dollar; a gain only if one of the markets must resolve to YES"
          }
        >
          <Badge tone="info">
            {isOver ? "NO of each" : "YES of each"}: {formatPrice(arbitrageMicros)} a set
          </Badge>
        </span>
      )}
    </>
  );
}

/** The sums of markets that exclude each other, each second anew. */
export function EventSums({ marketTickers }: { marketTickers: readonly string[] }) {
  useNowSeconds();
  const sums = probabilitySums(marketTickers.map((ticker) => currentMarket(ticker)?.ticker));
  return (
    <span className={styles.eventFacts}>
      <Sums sums={sums} />
    </span>
  );
}

/** An event over its markets: what their chances sum to tells whether somebody is wrong. */
export function EventHead({
  line,
  isFolded,
  onFold,
}: {
  line: EventLine;
  isFolded: boolean;
  onFold: () => void;
}) {
  const count = line.marketTickers.length;
  return (
    <span className={styles.event}>
      <button type="button" className={styles.fold} aria-expanded={!isFolded} onClick={onFold}>
        <span aria-hidden="true" className={styles.chevron}>
          {isFolded ? "\u25b8" : "\u25be"}
        </span>
        <span className={styles.eventTitle}>{line.title}</span>
      </button>
      <span className={styles.eventFacts}>
        <span>
          {count} {count === 1 ? "market" : "markets"}
        </span>
      </span>
      {line.isExclusive && <EventSums marketTickers={line.marketTickers} />}
    </span>
  );
}
