import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { classes } from "@/components/classes";
import styles from "./Split.module.css";

export interface SplitProps {
  /** What the line between the two moves: "Width of the ladder". */
  label: string;
  direction: "row" | "column";
  /** Share of the first part in percent. */
  share: number;
  onShare: (share: number) => void;
  /** The smallest and the largest share. */
  min?: number;
  max?: number;
  first: ReactNode;
  second: ReactNode;
}

const KEY_STEP = 2;

/** Two parts with a line between them that can be dragged, or moved by arrow keys. */
export function Split({
  label,
  direction,
  share,
  onShare,
  min = 15,
  max = 85,
  first,
  second,
}: SplitProps) {
  const root = useRef<HTMLDivElement>(null);
  const [isDragged, setIsDragged] = useState(false);
  const isRow = direction === "row";
  const bounded = (value: number) => Math.round(Math.min(max, Math.max(min, value)) * 10) / 10;

  const drag = (event: PointerEvent) => {
    const box = root.current?.getBoundingClientRect();
    if (!isDragged || box === undefined || box.width === 0 || box.height === 0) return;
    const part = isRow
      ? (event.clientX - box.left) / box.width
      : (event.clientY - box.top) / box.height;
    onShare(bounded(part * 100));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      [isRow ? "ArrowLeft" : "ArrowUp"]: -KEY_STEP,
      [isRow ? "ArrowRight" : "ArrowDown"]: KEY_STEP,
    };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onShare(bounded(share + by));
  };

  const template = `minmax(0, ${share}fr) auto minmax(0, ${100 - share}fr)`;
  return (
    <div
      ref={root}
      className={classes(styles.split, isRow ? styles.row : styles.column)}
      style={isRow ? { gridTemplateColumns: template } : { gridTemplateRows: template }}
    >
      <div className={styles.part}>{first}</div>
      <div
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={isRow ? "vertical" : "horizontal"}
        aria-valuenow={share}
        aria-valuemin={min}
        aria-valuemax={max}
        className={classes(styles.line, isDragged && styles.dragged)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setIsDragged(true);
        }}
        onPointerMove={drag}
        onPointerUp={() => setIsDragged(false)}
        onPointerCancel={() => setIsDragged(false)}
        onKeyDown={onKeyDown}
      />
      <div className={styles.part}>{second}</div>
    </div>
  );
}
