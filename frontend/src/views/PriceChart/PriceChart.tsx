import { memo, useEffect, useMemo, useRef } from "react";
import { useChoice } from "@/app/settings";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Panel";
import { useThemeColors } from "@/components/useThemeColors";
import {
  BookSide,
  CANDLE_PERIODS,
  type CandlePeriod,
  type ChartCandle,
  formatPrice,
  formatQuantity,
  type Live,
  type MarketEntry,
  type MarketSource,
  type PortfolioView,
  type Trade,
} from "@/data";
import { ChartCanvas } from "./chartCanvas";
import styles from "./PriceChart.module.css";
import { fillsOf, useCandles } from "./useCandles";

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

const COLORS = [
  "text-muted",
  "chart-grid",
  "chart-line",
  "chart-volume",
  "border-strong",
  "surface-raised",
  "yes",
  "no",
  "own",
  "font-family",
] as const;

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
  entry,
  trades,
  portfolio,
}: {
  marketTicker: string;
  source: MarketSource;
  entry: MarketEntry | undefined;
  trades: Live<readonly Trade[]>;
  portfolio: PortfolioView | undefined;
}) {
  const [periodText, setPeriod] = useChoice("chart.period", "15");
  const [shows, setShows] = useChoice("chart.shows", "both");
  const period = periodOf(periodText);
  const canvas = useRef<ChartCanvas | null>(null);
  const { loadable, retry } = useCandles(
    marketTicker,
    period,
    source === "replay",
    trades.value.data,
    entry,
    (candle: ChartCandle) => canvas.current?.update(candle),
  );
  return (
    <Panel
      title="Price"
      message="ListCandles, TRADES, MARKET_TICKER"
      value={loadable}
      isStale={trades.isStale}
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
        <Canvas
          candles={candles}
          period={period}
          shows={shows}
          canvas={canvas}
          marketTicker={marketTicker}
          portfolio={portfolio}
        />
      )}
    </Panel>
  );
});

function Choices({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <fieldset className={styles.choices}>
      <legend className="visually-hidden">{label}</legend>
      {children}
    </fieldset>
  );
}

function Canvas({
  candles,
  period,
  shows,
  canvas,
  marketTicker,
  portfolio,
}: {
  candles: readonly ChartCandle[];
  period: CandlePeriod;
  shows: string;
  canvas: React.RefObject<ChartCanvas | null>;
  marketTicker: string;
  portfolio: PortfolioView | undefined;
}) {
  const container = useRef<HTMLDivElement>(null);
  const colors = useThemeColors(COLORS);
  const first = useRef(colors);
  useEffect(() => {
    if (container.current === null) return;
    const made = new ChartCanvas(container.current, first.current);
    canvas.current = made;
    return () => {
      canvas.current = null;
      made.remove();
    };
  }, [canvas]);
  useEffect(() => canvas.current?.recolor(colors), [canvas, colors]);
  useEffect(() => canvas.current?.replace(candles, period), [canvas, candles, period]);
  useEffect(() => {
    canvas.current?.show({ hasCandles: shows !== "line", hasLine: shows !== "candles" });
  }, [canvas, shows]);
  const fills = useMemo(
    () =>
      fillsOf(portfolio?.fills, marketTicker).map((fill) => {
        const seconds = Number(fill.createTime?.seconds ?? 0n);
        const isBid = fill.side === BookSide.BID;
        const text = `${isBid ? "bought" : "sold"} ${formatQuantity(fill.quantityCentis)} @ ${formatPrice(fill.priceMicros)}`;
        return { time: Math.ceil(seconds / period) * period - period, isBid, text };
      }),
    [portfolio?.fills, marketTicker, period],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies(candles): marks belong to what is drawn.
  useEffect(() => canvas.current?.mark(fills), [canvas, fills, candles]);
  return <div ref={container} className={styles.canvas} role="img" aria-label="Price chart" />;
}
