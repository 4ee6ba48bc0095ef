import { type RefObject, useCallback, useEffect, useMemo, useRef } from "react";
import { useThemeColors } from "@/components/useThemeColors";
import {
  type CandlePeriod,
  type ChartCandle,
  chartPrice,
  type FillMark,
  fillMarks,
  formatQuantity,
  type OwnLine,
  ownLines,
  type PortfolioView,
} from "@/data";
import { ChartCanvas, type ChartLine } from "./chartCanvas";
import styles from "./PriceChart.module.css";
import { readCandle } from "./reading";

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

function toLine({ kind, priceMicros, quantityCentis }: OwnLine): ChartLine {
  const isPosition = kind === "position";
  const size = formatQuantity(quantityCentis < 0n ? -quantityCentis : quantityCentis);
  const side = quantityCentis < 0n ? "NO" : "YES";
  return {
    price: chartPrice(priceMicros),
    title: isPosition ? `${size} ${side} paid` : `${kind} ${size}`,
    tone: isPosition ? "own" : kind === "bid" ? "yes" : "no",
    isSolid: isPosition,
  };
}

/** What a candle was, written into the page without drawing anything of it anew. */
function useReading(candles: readonly ChartCandle[], marks: readonly FillMark[]) {
  const prices = useRef<HTMLSpanElement>(null);
  const fills = useRef<HTMLSpanElement>(null);
  const byTime = useRef(new Map<number, ChartCandle>());
  const pointed = useRef<number | null>(null);
  const newest = useRef<ChartCandle | undefined>(undefined);
  const shownMarks = useRef(marks);
  shownMarks.current = marks;
  const write = useCallback(() => {
    const at = pointed.current;
    const candle = at === null ? newest.current : byTime.current.get(at);
    const text = readCandle(candle, shownMarks.current);
    if (prices.current !== null) prices.current.textContent = text.prices;
    if (fills.current !== null) fills.current.textContent = text.fills;
  }, []);
  const point = useCallback(
    (time: number | null) => {
      pointed.current = time;
      write();
    },
    [write],
  );
  const take = useCallback((candle: ChartCandle) => {
    byTime.current.set(candle.time, candle);
    newest.current = candle;
  }, []);
  useEffect(() => {
    byTime.current = new Map(candles.map((candle) => [candle.time, candle]));
    newest.current = candles.at(-1);
    write();
  }, [candles, write]);
  // biome-ignore lint/correctness/useExhaustiveDependencies(marks): there are other fills.
  useEffect(write, [marks, write]);
  return { prices, fills, point, take, write };
}

/** Candles, own fills and own prices, and what the pointer is at in words. */
export function ChartView({
  candles,
  period,
  shows,
  update,
  marketTicker,
  portfolio,
}: {
  candles: readonly ChartCandle[];
  period: CandlePeriod;
  shows: string;
  /** Set to what draws the newest candle. */
  update: RefObject<((candle: ChartCandle) => void) | null>;
  marketTicker: string;
  portfolio: PortfolioView | undefined;
}) {
  const container = useRef<HTMLDivElement>(null);
  const canvas = useRef<ChartCanvas | null>(null);
  const colors = useThemeColors(COLORS);
  const first = useRef(colors);
  const { fills, positions, orders } = portfolio ?? {};
  const marks = useMemo(
    () => fillMarks(fills ?? [], marketTicker, period),
    [fills, marketTicker, period],
  );
  const lines = useMemo(
    () => ownLines(positions ?? [], orders ?? [], marketTicker).map(toLine),
    [positions, orders, marketTicker],
  );
  const reading = useReading(candles, marks);
  const { point, take, write } = reading;
  useEffect(() => {
    if (container.current === null) return;
    const made = new ChartCanvas(container.current, first.current, {
      onPoint: point,
      onDrawn: write,
    });
    canvas.current = made;
    update.current = (candle) => {
      take(candle);
      made.update(candle);
    };
    return () => {
      canvas.current = null;
      update.current = null;
      made.remove();
    };
  }, [update, point, take, write]);
  useEffect(() => canvas.current?.recolor(colors), [colors]);
  useEffect(() => canvas.current?.replace(candles, period), [candles, period]);
  useEffect(() => {
    canvas.current?.show({ hasCandles: shows !== "line", hasLine: shows !== "candles" });
  }, [shows]);
  // biome-ignore lint/correctness/useExhaustiveDependencies(candles): marks belong to what is drawn.
  useEffect(() => canvas.current?.mark(marks), [marks, candles]);
  useEffect(() => canvas.current?.rule(lines), [lines]);
  return (
    <div className={styles.chart}>
      <p className={styles.reading}>
        <span ref={reading.prices} />
        <span ref={reading.fills} className={styles.fills} />
      </p>
      <div ref={container} className={styles.canvas} role="img" aria-label="Price chart" />
    </div>
  );
}
