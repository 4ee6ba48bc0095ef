import type { ReactNode } from "react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import type { Loadable } from "@/data";
import styles from "./Panel.module.css";

export interface PanelProps<T> {
  title: ReactNode;
  /** The message of the gateway that fills it; tests and people find it by that. */
  message: string;
  value: Loadable<T>;
  /** True: what is shown is old. */
  isStale?: boolean;
  /** True: there is nothing to show; `empty` says so. */
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  actions?: ReactNode;
  /** Asks again after a failure; not set: it cannot be asked again. */
  onRetry?: () => void;
  /** The content fills the panel and scrolls by itself. */
  isFlush?: boolean;
  /** The title is for screen readers alone. */
  isHeadHidden?: boolean;
  className?: string | undefined;
  children: (data: T) => ReactNode;
}

/** A frame with a title around data that may be on its way, old, missing or refused. */
export function Panel<T>(props: PanelProps<T>) {
  const { title, message, value, isStale = false, actions, isFlush = false, className } = props;
  const { isHeadHidden = false } = props;
  const hasOldData = value.data !== undefined && value.status !== "success";
  return (
    <section
      className={classes(styles.panel, className)}
      data-message={message}
      data-status={value.status}
      data-stale={isStale || undefined}
      aria-busy={value.status === "pending" || undefined}
    >
      <header className={isHeadHidden && !isStale ? "visually-hidden" : styles.head}>
        <h2 className={styles.title}>{title}</h2>
        {(isStale || (hasOldData && value.status === "error")) && (
          <Badge tone="warning">Stale</Badge>
        )}
        <div className={styles.actions}>{actions}</div>
      </header>
      <div
        className={classes(styles.body, isFlush ? styles.flush : styles.padded)}
        tabIndex={isFlush ? undefined : 0}
      >
        <PanelBody {...props} />
      </div>
    </section>
  );
}

function PanelBody<T>({ value, isEmpty, empty, onRetry, children }: PanelProps<T>) {
  if (value.status === "error" && value.data === undefined) {
    return (
      <div className={styles.note} role="alert">
        <p className={styles.reason}>{value.error.message}</p>
        <p className={styles.code}>{value.error.reason}</p>
        {onRetry !== undefined && value.error.isRetryable && (
          <Button size="small" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    );
  }
  if (value.data === undefined) {
    return value.status === "idle" ? null : <Skeleton />;
  }
  if (isEmpty?.(value.data) === true) return <div className={styles.note}>{empty}</div>;
  return (
    <>
      {value.status === "error" && (
        <div className={styles.strip} role="alert">
          {value.error.message}
          {onRetry !== undefined && value.error.isRetryable && (
            <Button size="small" variant="ghost" onClick={onRetry}>
              Try again
            </Button>
          )}
        </div>
      )}
      {children(value.data)}
    </>
  );
}

/** Says that something is on its way without pretending to be it. */
export function Skeleton() {
  return (
    <output className={styles.skeleton}>
      <span className="visually-hidden">Loading</span>
      <span className={styles.bone} />
      <span className={styles.bone} />
      <span className={styles.bone} />
    </output>
  );
}
