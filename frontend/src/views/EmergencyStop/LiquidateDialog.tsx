import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { NumberField } from "@/components/NumberField";
import {
  absolute,
  formatPrice,
  formatQuantity,
  MICROS_PER_CENT,
  parsePrice,
  useConnection,
  usePortfolio,
} from "@/data";
import { CommandEnd } from "./CommandEnd";
import styles from "./EmergencyStop.module.css";
import { useCommand } from "./useCommand";

/** What the gateway takes when nothing is said: five cents. */
const SLIPPAGE_MICROS = 5n * MICROS_PER_CENT;

/** Asks for a bound and a yes, then cancels all orders and closes what the books let it. */
export default function LiquidateDialog({ onClose }: { onClose: () => void }) {
  const [state, run] = useCommand();
  const [slippage, setSlippage] = useState<bigint | null>(SLIPPAGE_MICROS);
  const [isSure, setSure] = useState(false);
  const { value } = usePortfolio();
  const isConnected = useConnection().status === "open";
  const positions = value.data?.positions ?? [];
  const isDone = state.result !== undefined && state.result.refusalReason === "";
  return (
    <Dialog
      isOpen
      onClose={onClose}
      tone="danger"
      title="Liquidate everything"
      description="Every own order is canceled, then each position is closed by one reduce-only order that fills at once as far as the book lets it. What is left is told."
      footer={
        isDone ? (
          <Button variant="primary" onClick={onClose} autoFocus>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Keep everything</Button>
            <Button
              variant="danger"
              isBusy={state.isBusy}
              disabled={!isSure || slippage === null || !isConnected}
              onClick={() =>
                void run({ case: "liquidateAll", value: { slippageMaxMicros: slippage ?? 0n } })
              }
            >
              {`Close ${positions.length} position${positions.length === 1 ? "" : "s"}`}
            </Button>
          </>
        )
      }
    >
      <ul className={styles.orders}>
        {positions.map((position) => (
          <li key={`${position.marketTicker}/${position.subaccount}`}>
            <span>{position.marketTicker}</span>
            <span>
              {`${formatQuantity(absolute(position.positionCentis))} ${position.positionCentis > 0n ? "YES" : "NO"}`}
            </span>
          </li>
        ))}
      </ul>
      {isDone ? null : (
        <>
          <NumberField
            label="Worst price"
            hint="At most so much worse than the best price of the moment"
            value={slippage}
            parse={parsePrice}
            format={(micros) => formatPrice(micros)}
            step={(micros, steps) => {
              const next = (micros ?? 0n) + BigInt(steps) * MICROS_PER_CENT;
              return next < MICROS_PER_CENT ? MICROS_PER_CENT : next;
            }}
            onChange={setSlippage}
          />
          <label className={styles.sure}>
            <input
              type="checkbox"
              checked={isSure}
              onChange={(event) => setSure(event.target.checked)}
            />
            Close all positions now. This cannot be taken back.
          </label>
        </>
      )}
      <CommandEnd state={state} what="Liquidated" />
    </Dialog>
  );
}
