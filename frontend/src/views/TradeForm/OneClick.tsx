import { memo, useEffect, useId, useState } from "react";
import styles from "./TradeForm.module.css";
import { armTicket, isArmed, useTicketStore } from "./ticketStore";

/** Seconds until the ticket disarms itself; 0: it is not armed. */
function useArmedSeconds(): number {
  const state = useTicketStore();
  const [, tick] = useState(0);
  const armed = isArmed(state);
  useEffect(() => {
    if (!armed) return;
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [armed]);
  return armed ? Math.ceil((state.armedUntilMs - Date.now()) / 1_000) : 0;
}

/** The switch that lets one click on the ladder send an order. */
export const OneClick = memo(function OneClick({ isDisabled }: { isDisabled: boolean }) {
  const id = useId();
  const seconds = useArmedSeconds();
  useEffect(() => {
    if (isDisabled) armTicket(false);
  }, [isDisabled]);
  // Whoever leaves the page leaves nothing armed.
  useEffect(() => () => armTicket(false), []);
  const armed = seconds > 0;
  return (
    <div className={styles.oneClick} data-armed={armed || undefined}>
      <button
        type="button"
        role="switch"
        aria-checked={armed}
        aria-describedby={id}
        disabled={isDisabled}
        onClick={() => armTicket(!armed)}
      >
        <span aria-hidden="true" className={styles.knob} />
        One-click {armed ? "armed" : "off"}
      </button>
      <p id={id}>
        {armed
          ? `A click on the ladder sends at once. Disarms in ${seconds} s.`
          : "A click on the ladder fills the ticket."}
      </p>
    </div>
  );
});
