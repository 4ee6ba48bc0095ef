import { type CommandResult, formatQuantity } from "@/data";
import styles from "./TradeForm.module.css";
import type { TicketOutcome } from "./ticketStore";

/** What became of an order in words; a refusal by the exchange's name. */
export function resultText(result: CommandResult): string {
  const order = result.orders[0];
  const reason = result.refusalReason || order?.refusalReason || "";
  if (reason !== "") return `${reason}: ${result.refusalMessage || order?.refusalMessage || ""}`;
  if (order === undefined) return "Done";
  const { filledQuantityCentis, remainingQuantityCentis, canceledQuantityCentis } = order;
  const parts: string[] = [];
  if (filledQuantityCentis > 0n) parts.push(`filled ${formatQuantity(filledQuantityCentis)}`);
  if (remainingQuantityCentis > 0n) {
    parts.push(`resting ${formatQuantity(remainingQuantityCentis)}`);
  }
  if (parts.length === 0) parts.push("nothing filled");
  if (canceledQuantityCentis > 0n) {
    parts.push(`${formatQuantity(canceledQuantityCentis)} canceled`);
  }
  const text = parts.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function isRefused(result: CommandResult): boolean {
  return result.refusalReason !== "" || (result.orders[0]?.refusalReason ?? "") !== "";
}

/** The end of the last order, told to those who listen, too. */
export function OutcomeLine({ outcome }: { outcome: TicketOutcome | undefined }) {
  const { result, error } = outcome ?? {};
  const isBad = error !== undefined || (result !== undefined && isRefused(result));
  let text = "";
  if (error !== undefined) text = `${error.reason}: ${error.message}`;
  else if (result !== undefined) text = resultText(result);
  return (
    <output className={styles.outcome} data-message="COMMAND_RESULT" data-bad={isBad || undefined}>
      {text === "" ? null : (
        <>
          <span aria-hidden="true">{isBad ? "\u2715" : "\u2713"}</span> {text}
          {result === undefined ? null : (
            <small>{` in ${Math.round(outcome?.elapsedMs ?? 0)} ms`}</small>
          )}
        </>
      )}
    </output>
  );
}
