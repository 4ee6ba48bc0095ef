import { lazy, Suspense, useState } from "react";
import { useAction } from "@/app/actions";
import { Button } from "@/components/Button";
import { useSessionStore } from "@/data";

const StopDialog = lazy(() => import("./StopDialog"));
const LiquidateDialog = lazy(() => import("./LiquidateDialog"));

/**
 * The emergency stop: a button that is always there, and a key from everywhere. Both ask once more,
 * and Enter answers.
 */
export function EmergencyStop() {
  const [open, setOpen] = useState<"stop" | "liquidate" | null>(null);
  const mayTrade = useSessionStore(({ session }) => session !== null && session.role !== "viewer");
  const show = (which: "stop" | "liquidate") => () => mayTrade && setOpen(which);
  useAction({
    id: "emergency-stop",
    title: "Emergency stop: cancel every own order",
    group: "General",
    keys: "F8",
    isEverywhere: true,
    run: show("stop"),
  });
  useAction({
    id: "liquidate-all",
    title: "Liquidate: cancel all orders, close all positions",
    group: "General",
    keys: "",
    run: show("liquidate"),
  });
  if (!mayTrade) return null;
  const close = () => setOpen(null);
  return (
    <>
      <Button
        size="small"
        variant="danger"
        title="Cancel every own order (F8)"
        onClick={show("stop")}
      >
        Stop
      </Button>
      <Suspense>
        {open === "stop" && <StopDialog onClose={close} onLiquidate={show("liquidate")} />}
        {open === "liquidate" && <LiquidateDialog onClose={close} />}
      </Suspense>
    </>
  );
}
