import { type ReactNode, useRef } from "react";
import styles from "./Flash.module.css";

/**
 * A value that lights up for a moment when it changes, greenish when it rose and reddish when it
 * fell, with an arrow for those who do not see the difference. Only in the pictures: a screen reader
 * is not told of every price.
 */
export function Flash({ value, children }: { value: bigint | undefined; children: ReactNode }) {
  const before = useRef(value);
  const round = useRef({ count: 0, direction: "" });
  if (before.current !== value) {
    if (before.current !== undefined && value !== undefined) {
      round.current = {
        count: round.current.count + 1,
        direction: value > before.current ? "up" : "down",
      };
    }
    before.current = value;
  }
  const { count, direction } = round.current;
  return (
    <span key={count} className={styles.flash} data-flash={direction || undefined}>
      {children}
    </span>
  );
}
