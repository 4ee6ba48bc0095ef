// What the stand-in plays: prices, books and trades of a real venue, re-encoded (recording.json.gz).
// Times are moved to now; nothing else is changed, and nothing is made up.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

type Side = "b" | "a";

export interface Recording {
  gold: {
    ticker: string;
    event: string;
    series: string;
    title: string;
    subtitle: string;
    category: string;
    rules: string;
    openOffsetMs: number;
    closeOffsetMs: number;
    initial: { bids: [number, number][]; asks: [number, number][] };
    /** Offset in ms, side, price in micro-dollars, new quantity in hundredths. */
    changes: [number, Side, number, number][];
    /** Offset in ms, price, quantity, side of the taker. */
    trades: [number, number, number, Side][];
    volumeCentis: number;
  };
  weather: {
    /** Best bid and ask in cents. */
    tops: Record<string, [number, number]>;
    changes: [number, string, number, number][];
  };
  /** Ticker, event, side, bid, ask, last in cents, volume and open interest in hundredths. */
  baseball: [string, string, string, number, number, number, number, number][];
}

/** So long is the recorded book; then it begins anew. */
export const RECORDED_MS = 179_000;
/** Hours of weather markets are played in minutes. */
export const WEATHER_SPEED = 20;

export function readRecording(): Recording {
  const data = readFileSync(new URL("./recording.json.gz", import.meta.url));
  return JSON.parse(gunzipSync(data).toString()) as Recording;
}
