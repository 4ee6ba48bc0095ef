import { formatQuantity } from "@/data";
import styles from "./Quantity.module.css";

/**
 * Contracts in a column: the points stand under each other, whatever stands behind them, and what
 * stands behind them is fainter.
 */
export function Quantity({ centis }: { centis: bigint }) {
  const [whole = "", fraction = ""] = formatQuantity(centis).split(".");
  return (
    <span className={styles.quantity}>
      {whole}
      <span className={styles.fraction}>{fraction === "" ? "" : `.${fraction}`}</span>
    </span>
  );
}
