// The chart library, wrapped: everything that names it is in this file.

import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  LineSeries,
  LineStyle,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { ChartCandle } from "@/data";

export interface ChartColors {
  readonly "text-muted": string;
  readonly "chart-grid": string;
  readonly "chart-line": string;
  readonly "chart-volume": string;
  readonly "border-strong": string;
  readonly "surface-raised": string;
  readonly yes: string;
  readonly no: string;
  readonly own: string;
  readonly "font-family": string;
}

/** Where the chart marks own fills: an arrow upwards below the candle for what was bought. */
export interface ChartMark {
  /** Seconds since 1970. */
  readonly time: number;
  readonly isBid: boolean;
}

/** A price of its own across the chart. */
export interface ChartLine {
  readonly price: number;
  readonly title: string;
  readonly tone: "yes" | "no" | "own";
  readonly isSolid: boolean;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** The library thinks in UTC; people do not. */
function localTime(time: Time, hasSeconds: boolean): string {
  const date = new Date(Number(time) * 1000);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return hasSeconds ? `${clock}:${two(date.getSeconds())}` : clock;
}

function localDay(time: Time): string {
  const date = new Date(Number(time) * 1000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const REDRAW_MS = 500;

export interface ChartEvents {
  /** The pointer is at the candle of this time; null: it is at none. */
  readonly onPoint: (time: number | null) => void;
  /** The candles that came are drawn. */
  readonly onDrawn: () => void;
}

export class ChartCanvas {
  readonly #chart: IChartApi;
  readonly #candles;
  readonly #line;
  readonly #volume;
  readonly #markers;
  readonly #lineMarkers;
  readonly #events: ChartEvents;
  #colors: ChartColors;
  #period = 60;
  /** Candles that have changed and are not drawn yet, by their time. */
  readonly #changed = new Map<number, ChartCandle>();
  #redraw: ReturnType<typeof setTimeout> | undefined;
  #marks: readonly ChartMark[] = [];
  #lines: readonly ChartLine[] = [];
  #drawnLines: IPriceLine[] = [];
  #hasCandles = true;

  constructor(container: HTMLElement, colors: ChartColors, events: ChartEvents) {
    this.#colors = colors;
    this.#events = events;
    this.#chart = createChart(container, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.22 } },
      timeScale: {
        borderVisible: false,
        rightOffset: 4,
        timeVisible: true,
        secondsVisible: true,
        tickMarkFormatter: (time: Time, mark: number) =>
          mark <= 2 ? localDay(time).slice(5) : localTime(time, mark === 4),
      },
      localization: {
        priceFormatter: (value: number) => `${value.toFixed(1)}%`,
        timeFormatter: (time: Time) => `${localDay(time)} ${localTime(time, this.#period < 60)}`,
      },
    });
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.#candles = this.#chart.addSeries(CandlestickSeries, {
      priceFormat: { type: "price", precision: 1, minMove: 0.1 },
      borderVisible: false,
      priceLineStyle: LineStyle.Dotted,
    });
    this.#line = this.#chart.addSeries(LineSeries, {
      lineWidth: 2,
      priceLineVisible: false,
      lastValueVisible: false,
      crosshairMarkerRadius: 3,
    });
    this.#markers = createSeriesMarkers(this.#candles, []);
    this.#lineMarkers = createSeriesMarkers(this.#line, []);
    this.#chart.subscribeCrosshairMove(({ time }) =>
      this.#events.onPoint(time === undefined ? null : Number(time)),
    );
    this.recolor(colors);
  }

  recolor(colors: ChartColors): void {
    this.#colors = colors;
    this.#chart.applyOptions({
      layout: {
        attributionLogo: false,
        background: { type: ColorType.Solid, color: "transparent" },
        textColor: colors["text-muted"],
        fontFamily: colors["font-family"],
        fontSize: 11,
      },
      grid: {
        vertLines: { color: colors["chart-grid"] },
        horzLines: { color: colors["chart-grid"] },
      },
      crosshair: {
        vertLine: {
          color: colors["border-strong"],
          labelBackgroundColor: colors["border-strong"],
        },
        horzLine: {
          color: colors["border-strong"],
          labelBackgroundColor: colors["border-strong"],
        },
      },
    });
    this.#candles.applyOptions({
      upColor: colors.yes,
      downColor: colors.no,
      wickUpColor: colors.yes,
      wickDownColor: colors.no,
    });
    this.#line.applyOptions({ color: colors["chart-line"] });
    this.#volume.applyOptions({ color: colors["chart-volume"] });
    this.#drawMarks();
    this.#drawLines();
  }

  show(shown: { hasCandles: boolean; hasLine: boolean }): void {
    this.#candles.applyOptions({ visible: shown.hasCandles });
    this.#line.applyOptions({ visible: shown.hasLine });
    this.#clearLines();
    this.#hasCandles = shown.hasCandles;
    this.#drawMarks();
    this.#drawLines();
  }

  /** Draws all of it anew. */
  replace(candles: readonly ChartCandle[], period: number): void {
    this.#period = period;
    this.#changed.clear();
    this.#chart.applyOptions({ timeScale: { secondsVisible: period < 60 } });
    this.#candles.setData(candles.map(toBar));
    this.#line.setData(candles.map(toPoint));
    this.#volume.setData(candles.map((candle) => toVolume(candle)));
    const shown = 140;
    if (candles.length > shown) {
      this.#chart
        .timeScale()
        .setVisibleLogicalRange({ from: candles.length - shown, to: candles.length + 4 });
    } else {
      this.#chart.timeScale().fitContent();
    }
  }

  /** Draws the newest candle, together with what comes soon after it: each time all is drawn anew. */
  update(candle: ChartCandle): void {
    this.#changed.set(candle.time, candle);
    this.#redraw ??= setTimeout(() => this.#drawChanged(), REDRAW_MS);
  }

  #drawChanged(): void {
    this.#redraw = undefined;
    for (const candle of this.#changed.values()) {
      this.#candles.update(toBar(candle));
      this.#line.update(toPoint(candle));
      this.#volume.update(toVolume(candle));
    }
    this.#changed.clear();
    this.#events.onDrawn();
  }

  /** Marks own fills, in the order of time. */
  mark(marks: readonly ChartMark[]): void {
    this.#marks = marks;
    this.#drawMarks();
  }

  /** Draws these prices, and no others. */
  rule(lines: readonly ChartLine[]): void {
    this.#clearLines();
    this.#lines = lines;
    this.#drawLines();
  }

  /** Marks and lines hang on a series: on one that is seen. */
  #drawMarks(): void {
    const drawn = this.#marks.map(({ time, isBid }) => ({
      time: time as UTCTimestamp,
      position: isBid ? ("belowBar" as const) : ("aboveBar" as const),
      shape: isBid ? ("arrowUp" as const) : ("arrowDown" as const),
      color: this.#colors.own,
    }));
    this.#markers.setMarkers(this.#hasCandles ? drawn : []);
    this.#lineMarkers.setMarkers(this.#hasCandles ? [] : drawn);
  }

  #clearLines(): void {
    const series = this.#hasCandles ? this.#candles : this.#line;
    for (const line of this.#drawnLines) series.removePriceLine(line);
    this.#drawnLines = [];
  }

  #drawLines(): void {
    this.#clearLines();
    const series = this.#hasCandles ? this.#candles : this.#line;
    this.#drawnLines = this.#lines.map(({ price, title, tone, isSolid }) =>
      series.createPriceLine({
        price,
        title,
        color: this.#colors[tone],
        lineWidth: 1,
        lineStyle: isSolid ? LineStyle.Solid : LineStyle.Dashed,
        // Of many orders the labels would hide each other.
        axisLabelVisible: isSolid,
      }),
    );
  }

  remove(): void {
    clearTimeout(this.#redraw);
    this.#chart.remove();
  }
}

function toBar({ time, open, high, low, close }: ChartCandle) {
  const at = time as UTCTimestamp;
  if (open === undefined || high === undefined || low === undefined || close === undefined) {
    return { time: at };
  }
  return { time: at, open, high, low, close };
}

function toPoint({ time, chance }: ChartCandle) {
  const at = time as UTCTimestamp;
  return chance === undefined ? { time: at } : { time: at, value: chance };
}

function toVolume({ time, volume }: ChartCandle) {
  return { time: time as UTCTimestamp, value: volume };
}
