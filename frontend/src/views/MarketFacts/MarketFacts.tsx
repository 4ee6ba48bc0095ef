import type { ReactNode } from "react";
import { memo } from "react";
import { Panel } from "@/components/Panel";
import {
  formatDecimal,
  formatExactMoney,
  formatMoment,
  formatPrice,
  type Market,
  MarketResult,
  useAnswer,
} from "@/data";
import styles from "./MarketFacts.module.css";
import { RESULT_WORDS, STATUS_WORDS } from "./names";

function ticks({ priceBands }: Market): string {
  return priceBands
    .map(
      (band) =>
        `${formatPrice(band.stepMicros)} from ${formatPrice(band.startMicros)} to ${formatPrice(band.endMicros)}`,
    )
    .join("; ");
}

function fee({ feeTerms }: Market): string {
  if (feeTerms === undefined) return "not told";
  const multiplier = formatDecimal(feeTerms.multiplierMillionths, 6, {
    minimumDigits: 0,
    maximumDigits: 4,
  });
  return `${feeTerms.feeType.replaceAll("_", " ")} × ${multiplier}`;
}

/** By what a market resolves, when, and what it pays. */
export const MarketFacts = memo(function MarketFacts({ marketTicker }: { marketTicker: string }) {
  const [value, again] = useAnswer(
    marketTicker,
    () => ({ case: "getMarket", value: { marketTicker } }),
    ({ answer }) => (answer.case === "market" ? answer.value.market : undefined),
  );
  return (
    <Panel title="Rules and settlement" message="GetMarket" value={value} onRetry={again}>
      {(market) => market && <Facts market={market} />}
    </Panel>
  );
});

function Facts({ market }: { market: Market }) {
  const isKnown = market.result !== MarketResult.UNSPECIFIED;
  return (
    <div className={styles.facts}>
      <dl className={styles.list}>
        <Fact name="Ticker">{market.marketTicker}</Fact>
        <Fact name="Event">
          {market.eventTicker}
          {market.mutuallyExclusive && " (at most one of its markets resolves to YES)"}
        </Fact>
        <Fact name="Series">{market.seriesTicker}</Fact>
        <Fact name="State">{STATUS_WORDS[market.status].text}</Fact>
        <Fact name="Opens">{formatMoment(market.openTimeNs)}</Fact>
        <Fact name="Closes">{formatMoment(market.closeTimeNs)}</Fact>
        <Fact name="Ticks">{ticks(market)}</Fact>
        <Fact name="Fees">{fee(market)}</Fact>
        <Fact name="Outcome">{RESULT_WORDS[market.result]}</Fact>
        {isKnown && (
          <Fact name="Pays for YES">{formatExactMoney(market.settlementValueMicros)}</Fact>
        )}
      </dl>
      {market.rules !== "" && (
        <div className={styles.rules}>
          {market.rules.split(/\n+/).map((paragraph) => (
            <p key={paragraph}>{paragraph}</p>
          ))}
        </div>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
