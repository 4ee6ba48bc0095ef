import { type PointerEvent, useMemo, useState } from "react";
import { useSize } from "@/components/useSize";
import { type EquityPoint, formatMoment, formatMoney, roundAmounts, thinPoints } from "@/data";
import styles from "./Portfolio.module.css";

const POINTS_MAX = 600;
/** Less room than this is drawn out of sight. */
const LEAST = { width: 200, height: 80 };
const PAD = { top: 10, right: 76, bottom: 22, left: 8 };
const GRID_LINES = 4;

interface Scale {
  x: (timeNs: bigint) => number;
  y: (micros: bigint) => number;
  lines: bigint[];
}

/** From here on numbers of the screen: amounts and times stay whole until they are a place. */
function scaleOf(points: readonly EquityPoint[], size: typeof LEAST): Scale {
  const amounts = points.map((point) => point.equityMicros);
  let low = amounts[0] ?? 0n;
  let high = low;
  for (const amount of amounts) {
    if (amount < low) low = amount;
    if (amount > high) high = amount;
  }
  // A flat curve lies in the middle of a dollar.
  const room = high === low ? 500_000n : (high - low) / 20n;
  low -= room;
  high += room;
  const first = points[0]?.timeNs ?? 0n;
  const span = Number((points.at(-1)?.timeNs ?? first) - first) || 1;
  const inner = {
    width: size.width - PAD.left - PAD.right,
    height: size.height - PAD.top - PAD.bottom,
  };
  return {
    x: (timeNs) => PAD.left + (Number(timeNs - first) / span) * inner.width,
    y: (micros) => PAD.top + (1 - Number(micros - low) / Number(high - low)) * inner.height,
    lines: roundAmounts(low, high, GRID_LINES),
  };
}

/** The worth of the account over time; the pointer reads single points. */
export function EquityChart({ points }: { points: readonly EquityPoint[] }) {
  const [box, boxWidth, boxHeight] = useSize<HTMLDivElement>();
  const width = Math.max(LEAST.width, boxWidth);
  const height = Math.max(LEAST.height, boxHeight);
  const [pointed, setPointed] = useState<EquityPoint>();
  const shown = useMemo(() => thinPoints(points, POINTS_MAX), [points]);
  const scale = useMemo(() => scaleOf(shown, { width, height }), [shown, width, height]);
  const place = (point: EquityPoint) =>
    `${scale.x(point.timeNs).toFixed(1)},${scale.y(point.equityMicros).toFixed(1)}`;
  const line = shown.map(place).join(" ");
  const first = shown[0];
  const last = shown.at(-1);
  if (first === undefined || last === undefined) return null;
  const bottom = height - PAD.bottom;
  const read = (event: PointerEvent<SVGSVGElement>) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
    let nearest = first;
    for (const point of shown) {
      const isNearer =
        Math.abs(scale.x(point.timeNs) - at) < Math.abs(scale.x(nearest.timeNs) - at);
      if (isNearer) nearest = point;
    }
    setPointed(nearest);
  };
  const label = `From ${formatMoney(first.equityMicros)} at ${formatMoment(first.timeNs)} to ${formatMoney(last.equityMicros)} at ${formatMoment(last.timeNs)}`;
  return (
    <div ref={box} className={styles.chart}>
      <svg
        role="img"
        aria-label={label}
        width={width}
        height={height}
        onPointerMove={read}
        onPointerLeave={() => setPointed(undefined)}
      >
        {scale.lines.map((micros) => (
          <g key={micros}>
            <line
              className={styles.gridLine}
              x1={PAD.left}
              x2={width - PAD.right}
              y1={scale.y(micros)}
              y2={scale.y(micros)}
            />
            <text className={styles.tick} x={width - PAD.right + 8} y={scale.y(micros) + 4}>
              {formatMoney(micros)}
            </text>
          </g>
        ))}
        <polygon
          className={styles.area}
          points={`${scale.x(first.timeNs)},${bottom} ${line} ${scale.x(last.timeNs)},${bottom}`}
        />
        <polyline className={styles.line} points={line} />
        <text className={styles.tick} x={PAD.left} y={height - 6}>
          {formatMoment(first.timeNs)}
        </text>
        <text className={styles.tick} x={width - PAD.right} y={height - 6} textAnchor="end">
          {formatMoment(last.timeNs)}
        </text>
        {pointed === undefined ? null : (
          <g>
            <line
              className={styles.cross}
              x1={scale.x(pointed.timeNs)}
              x2={scale.x(pointed.timeNs)}
              y1={PAD.top}
              y2={bottom}
            />
            <circle
              className={styles.dot}
              cx={scale.x(pointed.timeNs)}
              cy={scale.y(pointed.equityMicros)}
              r="3"
            />
          </g>
        )}
      </svg>
      <output className={styles.reading}>
        {pointed === undefined
          ? ""
          : `${formatMoney(pointed.equityMicros)} at ${formatMoment(pointed.timeNs)}`}
      </output>
    </div>
  );
}
