import { memo, useState } from "react";
import { useChoice } from "@/app/settings";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Panel";
import { useSize } from "@/components/useSize";
import { type BookView, type MarketSource, useSampledBook } from "@/data";
import styles from "./DepthChart.module.css";
import { depthOf, stepPath, totalAt } from "./depthPath";

const REDRAW_MS = 200;
/** Above and below the drawing, for its labels. */
const LABELS_HEIGHT = 18;
/** Shares of the width that have their price below them. */
const TICKS = [0.1, 0.3, 0.5, 0.7, 0.9] as const;
const REACHES = ["10", "25", "100"] as const;

/** How much rests until which price. */
export const DepthChart = memo(function DepthChart({
  marketTicker,
  source,
}: {
  marketTicker: string;
  source: MarketSource;
}) {
  const book = useSampledBook(marketTicker, source, REDRAW_MS);
  const [reach, setReach] = useChoice("depth.reach", "25");
  return (
    <Panel
      title="Depth"
      message="BOOK_UPDATE"
      value={book.value}
      isStale={book.isStale}
      isFlush
      isEmpty={(view) => view.bids.length === 0 && view.asks.length === 0}
      empty="Nothing rests in this book."
      actions={REACHES.map((each) => (
        <Button
          key={each}
          size="small"
          variant="ghost"
          isPressed={reach === each}
          onClick={() => setReach(each)}
        >
          {each === "100" ? "All" : `±${each}`}
        </Button>
      ))}
    >
      {(view) => <Drawing view={view} reach={Number(reach) || 25} />}
    </Panel>
  );
});

function Drawing({ view, reach }: { view: BookView; reach: number }) {
  const [container, width, height] = useSize<HTMLDivElement>();
  const [pointed, setPointed] = useState<number | null>(null);
  const depth = depthOf(view, reach);
  const drawn = Math.max(0, height - 2 * LABELS_HEIGHT);
  const span = depth.high - depth.low;
  const price = pointed === null ? null : depth.low + (pointed / Math.max(1, width)) * span;
  const middle = (depth.low + depth.high) / 2;
  const isBid = price !== null && price < middle;
  const total = price === null ? 0 : totalAt(isBid ? depth.bids : depth.asks, price, isBid);
  return (
    <div
      ref={container}
      className={styles.drawing}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        setPointed(event.clientX - box.left);
      }}
      onPointerLeave={() => setPointed(null)}
    >
      <svg
        width={width}
        height={drawn}
        style={{ top: LABELS_HEIGHT }}
        role="img"
        aria-label={`Depth: ${Math.round(depth.bids.at(-1)?.total ?? 0)} contracts bid, ${Math.round(depth.asks.at(-1)?.total ?? 0)} asked`}
      >
        <path className={styles.bids} d={stepPath(depth.bids, depth, width, drawn, depth.low)} />
        <path className={styles.asks} d={stepPath(depth.asks, depth, width, drawn, depth.high)} />
        {pointed !== null && (
          <line className={styles.pointer} x1={pointed} x2={pointed} y1={0} y2={drawn} />
        )}
      </svg>
      <div className={styles.axis} aria-hidden="true">
        {TICKS.map((part) => (
          <span key={part}>{((depth.low + part * span) / 100).toFixed(2)}</span>
        ))}
      </div>
      <span className={styles.scale} aria-hidden="true">
        {Math.round(depth.largest).toLocaleString("en-US")}
      </span>
      {price !== null && (
        <output className={styles.readout}>
          {isBid ? "Bids down to" : "Asks up to"} {(price / 100).toFixed(3)}:{" "}
          <b>{Math.round(total).toLocaleString("en-US")}</b>
        </output>
      )}
    </div>
  );
}
