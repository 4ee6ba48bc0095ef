// What the chart says of one candle, in words: what the pointer is at, or the newest.

import { type ChartCandle, type FillMark, formatPrice, formatQuantity, NOTHING } from "@/data";

function percentText(value: number | undefined): string {
  return value === undefined ? NOTHING : value.toFixed(1);
}

function markText({ isBid, quantityCentis, averageMicros, fillCount }: FillMark): string {
  const times = fillCount > 1 ? ` in ${fillCount} fills` : "";
  // Averages have more digits than prices: four are enough to read.
  const price = formatPrice((averageMicros / 100n) * 100n);
  return `${isBid ? "\u25b2 bought" : "\u25bc sold"} ${formatQuantity(quantityCentis)} @ ${price}${times}`;
}

/** "O 81.0 H 83.0 L 80.0 C 80.0 Chance 81.5 Vol 25", and the own fills of the candle. */
export function readCandle(
  candle: ChartCandle | undefined,
  marks: readonly FillMark[],
): { prices: string; fills: string } {
  if (candle === undefined) return { prices: "", fills: "" };
  const { open, high, low, close, chance, volume } = candle;
  const traded =
    close === undefined
      ? "no trade"
      : `O ${percentText(open)}  H ${percentText(high)}  L ${percentText(low)}  C ${percentText(close)}`;
  const contracts = volume.toLocaleString("en-US", { maximumFractionDigits: 2 });
  return {
    prices: `${traded}  Chance ${percentText(chance)}  Vol ${contracts}`,
    fills: marks
      .filter((mark) => mark.time === candle.time)
      .map(markText)
      .join(", "),
  };
}
