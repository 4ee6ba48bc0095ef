import { memo } from "react";
import styles from "./Spark.module.css";

export interface SparkProps {
  /** Values, oldest first; only for drawing. */
  values: readonly number[];
  width?: number;
  height?: number;
  /** What it shows, for those who do not see it. */
  label: string;
}

/** The way of a value in a few pixels; it has no axis, so it always spans its own range. */
export const Spark = memo(function Spark({ values, width = 72, height = 18, label }: SparkProps) {
  const first = values[0];
  const last = values.at(-1);
  if (first === undefined || last === undefined || values.length < 2) {
    return (
      <svg className={styles.spark} width={width} height={height} role="img" aria-label={label} />
    );
  }
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const points = values
    .map((value, index) => {
      const x = (index / (values.length - 1)) * (width - 2) + 1;
      const share = range === 0 ? 0.5 : (value - low) / range;
      return `${x.toFixed(1)},${(height - 2 - share * (height - 4)).toFixed(1)}`;
    })
    .join(" ");
  const trend = last > first ? "up" : last < first ? "down" : "flat";
  return (
    <svg
      className={styles.spark}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      data-trend={trend}
    >
      <polyline points={points} />
    </svg>
  );
});
