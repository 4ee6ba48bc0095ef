import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { useNowSeconds } from "@/components/useNow";
import { type Connection, retryConnection, useConnection } from "@/data";
import styles from "./Shell.module.css";

function words(connection: Connection): string {
  switch (connection.status) {
    case "open":
      return "Connected";
    case "connecting":
      return connection.attempt === 0 ? "Connecting" : "Reconnecting";
    case "waiting":
      return "Offline";
    case "signed-out":
      return "Signed out";
    case "closed":
      return "Closed";
  }
}

/** Whether what is on the screen is of now. */
export function ConnectionState() {
  const connection = useConnection();
  useNowSeconds();
  const waitSeconds =
    connection.retryAtMs === null
      ? 0
      : Math.max(0, Math.ceil((connection.retryAtMs - performance.now()) / 1000));
  return (
    <div className={styles.connection} data-connection={connection.status}>
      <span
        className={classes(styles.dot, connection.status === "open" && styles.dotOpen)}
        aria-hidden="true"
      />
      <output className={styles.connectionText} title={connection.reason}>
        {words(connection)}
        {connection.status === "open" && connection.roundTripMs !== null && (
          <span className={styles.roundTrip}>
            {` ${Math.max(1, Math.round(connection.roundTripMs))} ms`}
          </span>
        )}
      </output>
      {connection.status === "waiting" && (
        <Button size="small" variant="ghost" onClick={retryConnection}>
          Retry{waitSeconds > 0 ? ` (${waitSeconds} s)` : ""}
        </Button>
      )}
    </div>
  );
}
