import { useEffect, useRef } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { useConnection, usePortfolio } from "@/data";
import { CommandEnd } from "./CommandEnd";
import styles from "./EmergencyStop.module.css";
import { useCommand } from "./useCommand";

interface StopDialogProps {
  onClose: () => void;
  onLiquidate: () => void;
}

/** Asks once more, then takes every own order out of every book. */
export default function StopDialog({ onClose, onLiquidate }: StopDialogProps) {
  const [state, run] = useCommand();
  const { value, isStale } = usePortfolio();
  const isConnected = useConnection().status === "open";
  const count = value.data?.orders.length;
  const isDone = state.result !== undefined && state.result.refusalReason === "";
  // The button that had the focus is gone; the next Enter closes.
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isDone) close.current?.focus();
  }, [isDone]);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      tone="danger"
      title="Emergency stop"
      description="Every own order is taken out of every book. Positions stay as they are."
      footer={
        isDone ? (
          <Button ref={close} variant="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onLiquidate}>Liquidate instead{"\u2026"}</Button>
            <Button onClick={onClose}>Keep orders</Button>
            <Button
              variant="danger"
              autoFocus
              isBusy={state.isBusy}
              disabled={!isConnected}
              onClick={() => void run({ case: "emergencyStop", value: {} })}
            >
              Cancel every order
            </Button>
          </>
        )
      }
    >
      <p className={styles.facts}>
        {count === undefined
          ? "How many orders rest is not known yet."
          : `${count} order${count === 1 ? " rests" : "s rest"} now${isStale ? ", as last told" : ""}.`}
      </p>
      {isConnected ? null : (
        <p role="alert" className={styles.bad}>
          No connection to the gateway: nothing can be sent.
        </p>
      )}
      <CommandEnd state={state} what="Stopped" />
    </Dialog>
  );
}
