import { formatQuantity, type OrderOutcome } from "@/data";
import styles from "./EmergencyStop.module.css";
import type { CommandState } from "./useCommand";

function outcomeText(outcome: OrderOutcome): string {
  if (outcome.refusalReason !== "") return `${outcome.refusalReason}: ${outcome.refusalMessage}`;
  const filled = `filled ${formatQuantity(outcome.filledQuantityCentis)}`;
  return outcome.remainingQuantityCentis > 0n
    ? `${filled}, ${formatQuantity(outcome.remainingQuantityCentis)} left`
    : filled;
}

/** What became of the command, order by order where it placed some. */
export function CommandEnd({ state, what }: { state: CommandState; what: string }) {
  const { result, error, elapsedMs } = state;
  if (error !== undefined) {
    return (
      <p role="alert" className={styles.bad}>
        {error.reason}: {error.message}
      </p>
    );
  }
  if (result === undefined) return null;
  if (result.refusalReason !== "") {
    return (
      <p role="alert" className={styles.bad}>
        {result.refusalReason}: {result.refusalMessage}
      </p>
    );
  }
  const orders = result.orders.filter((outcome) => outcome.canceledQuantityCentis === 0n);
  const count = result.canceledOrderCount;
  return (
    <div role="status" data-message="COMMAND_RESULT" className={styles.good}>
      <p>
        <span aria-hidden="true">{"\u2713"}</span>{" "}
        {`${what}: the exchange took out ${count} order${count === 1n ? "" : "s"}, told in ${Math.round(elapsedMs)} ms.`}
      </p>
      {orders.length === 0 ? null : (
        <ul className={styles.orders}>
          {orders.map((outcome) => (
            <li key={`${outcome.marketTicker}/${outcome.orderId}`}>
              <span>{outcome.marketTicker}</span>
              <span>{outcomeText(outcome)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
