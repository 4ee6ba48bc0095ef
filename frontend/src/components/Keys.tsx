import { Fragment } from "react";
import styles from "./Keys.module.css";

const NAMES: Record<string, string> = {
  mod: "Ctrl",
  shift: "⇧",
  alt: "Alt",
  Escape: "Esc",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

/** The keys of an action as they are printed on them. */
export function Keys({ keys }: { keys: string }) {
  if (keys === "") return null;
  return (
    <span className={styles.keys}>
      {keys.split(" ").map((chord, index) => (
        <Fragment key={chord}>
          {index > 0 && <span className={styles.then}>then</span>}
          {chord.split("+").map((key) => (
            <kbd key={key}>{NAMES[key] ?? key.toUpperCase()}</kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
