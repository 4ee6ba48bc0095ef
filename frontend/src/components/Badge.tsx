import type { ReactNode } from "react";
import { classes } from "@/components/classes";
import styles from "./Badge.module.css";

export type Tone =
  | "neutral"
  | "info"
  | "positive"
  | "negative"
  | "warning"
  | "paper"
  | "live"
  | "replay"
  | "own";

/** A word about a thing. The word carries the meaning, the colour helps to find it. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={classes(styles.badge, styles[tone])}>{children}</span>;
}
