// The columns of the table of markets: each draws from what its row listens to, and is sorted by what
// is known at the moment of sorting.

import type { ReactNode } from "react";
import type { Column } from "@/components/Table";
import {
  askOf,
  bidOf,
  formatQuantity,
  impliedPrice,
  isoTime,
  lastOf,
  type MarketEntry,
  plainDecimal,
  spreadOf,
} from "@/data";
import { Chance, Closes, Hour, Name, Nothing, Price, Star } from "./cells";
import { type Line, ofLine, type ShownLine } from "./lines";
import styles from "./MarketsTable.module.css";

type MarketColumn = Column<Line, ShownLine>;
type Pick = (entry: MarketEntry) => bigint | undefined;

function drawn(draw: (shown: MarketEntry) => ReactNode): MarketColumn["cell"] {
  return (_, shown) => (shown === undefined ? null : draw(shown));
}

/** Sorted by a number, which goes into the file as a decimal of this scale. */
function byNumber(pick: Pick, scale: number): Partial<MarketColumn> {
  const value = ofLine(pick);
  return {
    align: "end",
    sortBy: value,
    csv: {
      kind: "number",
      value: (line) => {
        const known = value(line);
        return known === undefined ? "" : plainDecimal(known, scale);
      },
    },
  };
}

function byText(pick: (entry: MarketEntry) => string): Partial<MarketColumn> {
  const value = ofLine(pick);
  return {
    sortBy: value,
    csv: { kind: "text", value: (line) => value(line) ?? "" },
  };
}

function priceColumn(
  key: string,
  header: string,
  pick: Pick,
  options: { tone?: "bid" | "ask"; isFlashing?: boolean } = {},
): MarketColumn {
  const { tone, isFlashing = true } = options;
  return {
    key,
    header,
    width: "74px",
    cell: drawn((shown) => (
      <span className={tone && styles[tone]}>
        <Price shown={shown} micros={pick(shown)} isFlashing={isFlashing} />
      </span>
    )),
    ...byNumber(pick, 6),
  };
}

/** Whole contracts: their hundredths say nothing here. */
function contractsColumn(key: string, header: string, pick: Pick): MarketColumn {
  return {
    key,
    header,
    width: "92px",
    cell: drawn((shown) => {
      const centis = pick(shown);
      return centis === undefined ? <Nothing /> : formatQuantity((centis / 100n) * 100n);
    }),
    ...byNumber(pick, 2),
  };
}

const STAR: MarketColumn = {
  key: "star",
  header: "Favourite",
  head: <span className="visually-hidden">Favourite</span>,
  width: "30px",
  align: "center",
  cell: drawn((shown) => <Star marketTicker={shown.market.marketTicker} />),
};
const NAME: MarketColumn = {
  key: "name",
  header: "Market",
  width: "minmax(150px, 1fr)",
  cell: (line, shown) =>
    shown && <Name shown={shown} isGrouped={line.kind === "market" && line.isGrouped} />,
  ...byText(({ market }) => `${market.title} ${market.subtitle}`),
};
const CHANCE: MarketColumn = {
  key: "chance",
  header: "Chance",
  width: "104px",
  cell: drawn((shown) => <Chance shown={shown} />),
  ...byNumber(impliedPrice, 6),
};
const BID = priceColumn("bid", "Bid", bidOf, { tone: "bid" });
const ASK = priceColumn("ask", "Ask", askOf, { tone: "ask" });
const SPREAD = priceColumn("spread", "Spread", spreadOf, { isFlashing: false });
const LAST = priceColumn("last", "Last", lastOf);
const HOUR: MarketColumn = {
  key: "hour",
  header: "Last hour",
  width: "92px",
  align: "center",
  cell: drawn((shown) => <Hour shown={shown} />),
};
const VOLUME = contractsColumn("volume", "Volume", ({ ticker }) => ticker?.volumeCentis);
const INTEREST = contractsColumn(
  "interest",
  "Open int.",
  ({ ticker }) => ticker?.openInterestCentis,
);
const closeTime = ofLine(({ market }) => market.closeTimeNs);
const CLOSES: MarketColumn = {
  key: "closes",
  header: "Closes in",
  width: "84px",
  align: "end",
  cell: drawn((shown) => <Closes shown={shown} />),
  sortBy: closeTime,
  csv: { kind: "text", header: "Closes", value: (line) => isoTime(closeTime(line) ?? 0n) },
};
const TICKER: MarketColumn = {
  key: "ticker",
  header: "Ticker",
  width: "minmax(120px, 220px)",
  cell: drawn((shown) => <span className={styles.ticker}>{shown.market.marketTicker}</span>),
  ...byText(({ market }) => market.marketTicker),
};

export const WIDE_COLUMNS: readonly MarketColumn[] = [
  STAR,
  NAME,
  CHANCE,
  BID,
  ASK,
  SPREAD,
  LAST,
  HOUR,
  VOLUME,
  INTEREST,
  CLOSES,
  TICKER,
];
/** Of the markets of one event. */
export const EVENT_COLUMNS: readonly MarketColumn[] = [
  { ...NAME, width: "minmax(90px, 1fr)" },
  CHANCE,
  BID,
  ASK,
  VOLUME,
];
export const NARROW_COLUMNS: readonly MarketColumn[] = [
  STAR,
  { ...NAME, width: "minmax(0, 1fr)" },
  { ...BID, width: "68px" },
  { ...ASK, width: "68px" },
  { ...CLOSES, width: "76px" },
];
