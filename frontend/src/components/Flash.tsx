import { type ReactNode, useLayoutEffect, useRef } from "react";
import { lightUp } from "@/components/flashes";
import styles from "./Flash.module.css";

/**
 * A value that lights up for a moment when it changes, greenish when it rose and reddish when it
 * fell, with an arrow for those who do not see the difference. Only in the pictures: a screen reader
 * is not told of every price.
 */
export function Flash({ value, children }: { value: bigint | undefined; children: ReactNode }) {
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = value;
    if (element.current === null || old === undefined || value === undefined) return;
    if (value !== old) lightUp(element.current, value > old ? "up" : "down");
  }, [value]);
  return (
    <span ref={element} className={styles.flash}>
      {children}
    </span>
  );
}
