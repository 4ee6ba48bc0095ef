import { formatExactMoney, formatMoney, NOTHING } from "@/data";
import styles from "./columns.module.css";

/** An amount that is a gain or a loss: the sign says which, the colour helps. */
export function Signed({
  micros,
  isExact = false,
}: {
  micros: bigint | undefined;
  isExact?: boolean;
}) {
  if (micros === undefined) return <span className={styles.unknown}>{NOTHING}</span>;
  const text = isExact ? formatExactMoney(micros, true) : formatMoney(micros, true);
  const tone = micros > 0n ? styles.gain : micros < 0n ? styles.loss : undefined;
  return <span className={tone}>{text}</span>;
}

/** YES or NO, the word before the colour. */
export function SideMark({ isYes }: { isYes: boolean }) {
  return <span className={isYes ? styles.yes : styles.no}>{isYes ? "YES" : "NO"}</span>;
}
