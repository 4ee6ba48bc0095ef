import { ServiceState, serviceStateText } from "@/data";
import styles from "./System.module.css";

const SIGNS: Record<ServiceState, string> = {
  [ServiceState.UNSPECIFIED]: "?",
  [ServiceState.READY]: "\u25cf",
  [ServiceState.DEGRADED]: "\u25b2",
  [ServiceState.DOWN]: "\u2715",
};

export function stateTone(state: ServiceState): string {
  return serviceStateText(state);
}

/** A state by sign, word and colour. */
export function StateMark({ state }: { state: ServiceState }) {
  return (
    <span className={styles.state} data-state={stateTone(state)}>
      <span aria-hidden="true">{SIGNS[state]}</span> {serviceStateText(state)}
    </span>
  );
}
