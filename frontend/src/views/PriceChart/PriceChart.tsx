import { memo, type ReactNode, useRef } from "react";
import { useChoice } from "@/app/settings";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Panel";
import {
  CANDLE_PERIODS,
  type CandlePeriod,
  type ChartCandle,
  type MarketSource,
  type PortfolioView,
  useTradesStale,
} from "@/data";
import { ChartView } from "./ChartView";
import styles from "./PriceChart.module.css";
import { useCandles } from "./useCandles";

const NAMES: Record<CandlePeriod, string> = {
  1: "1s",
  5: "5s",
  15: "15s",
  60: "1m",
  300: "5m",
  900: "15m",
  3600: "1h",
  14400: "4h",
  86400: "1d",
};

const SHOWS = [
  { value: "both", label: "Both" },
  { value: "candles", label: "Candles" },
  { value: "line", label: "Probability" },
] as const;

function periodOf(text: string): CandlePeriod {
  return CANDLE_PERIODS.find((period) => String(period) === text) ?? 60;
}

/** What the price did: candles of trades, the probability of the quotes, volume, and own fills. */
export const PriceChart = memo(function PriceChart({
  marketTicker,
  source,
  portfolio,
}: {
  marketTicker: string;
  source: MarketSource;
  portfolio: PortfolioView | undefined;
}) {
  const [periodText, setPeriod] = useChoice("chart.period", "15");
  const [shows, setShows] = useChoice("chart.shows", "both");
  const period = periodOf(periodText);
  const update = useRef<((candle: ChartCandle) => void) | null>(null);
  const { loadable, retry } = useCandles(marketTicker, period, source, (candle: ChartCandle) =>
    update.current?.(candle),
  );
  return (
    <Panel
      title="Price"
      message="ListCandles, TRADES, MARKET_TICKER"
      value={loadable}
      isStale={useTradesStale(marketTicker, source)}
      onRetry={retry}
      isFlush
      actions={
        <div className={styles.actions}>
          <Choices label="Resolution">
            {CANDLE_PERIODS.map((each) => (
              <Button
                key={each}
                size="small"
                variant="ghost"
                isPressed={each === period}
                onClick={() => setPeriod(String(each))}
              >
                {NAMES[each]}
              </Button>
            ))}
          </Choices>
          <Choices label="Shows">
            {SHOWS.map(({ value, label }) => (
              <Button
                key={value}
                size="small"
                variant="ghost"
                isPressed={value === shows}
                onClick={() => setShows(value)}
              >
                {label}
              </Button>
            ))}
          </Choices>
        </div>
      }
    >
      {(candles) => (
        <ChartView
          candles={candles}
          period={period}
          shows={shows}
          update={update}
          marketTicker={marketTicker}
          portfolio={portfolio}
        />
      )}
    </Panel>
  );
});

function Choices({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className={styles.choices}>
      <legend className="visually-hidden">{label}</legend>
      {children}
    </fieldset>
  );
}
