import { memo, useState } from "react";
import { useAction } from "@/app/actions";
import { Button } from "@/components/Button";
import { formatQuantity, isBidOf, type LadderContract, type Order } from "@/data";
import { cancelOrders } from "@/views/OrderActions/cancelOrders";
import styles from "./Ladder.module.css";

function sizeOf(orders: readonly Order[]): string {
  const centis = orders.reduce((sum, order) => sum + order.remainingQuantityCentis, 0n);
  return formatQuantity(centis);
}

/** What of the own orders rests in the market, and its end. */
export const OwnOrdersBar = memo(function OwnOrdersBar({
  orders,
  contract,
}: {
  /** Own orders of this market. */
  orders: readonly Order[];
  contract: LadderContract;
}) {
  const [isBusy, setBusy] = useState(false);
  const cancel = async (which: readonly Order[]) => {
    if (which.length === 0 || isBusy) return;
    setBusy(true);
    await cancelOrders(which);
    setBusy(false);
  };
  useAction({
    id: "cancel-market",
    title: "Cancel the own orders of this market",
    group: "Market",
    keys: "shift+x",
    run: () => void cancel(orders),
  });
  if (orders.length === 0) return null;
  const sides = [
    { name: "bids", orders: orders.filter((order) => isBidOf(order, contract)) },
    { name: "asks", orders: orders.filter((order) => !isBidOf(order, contract)) },
  ];
  return (
    <div className={styles.ownBar} data-message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO">
      <span>
        Own: <b>{sizeOf(orders)}</b> in {orders.length}
      </span>
      {sides.map((side) => (
        <Button
          key={side.name}
          size="small"
          variant="ghost"
          disabled={side.orders.length === 0 || isBusy}
          title={`${sizeOf(side.orders)} contracts in ${side.orders.length}`}
          onClick={() => void cancel(side.orders)}
        >
          Cancel {side.name}
        </Button>
      ))}
      <Button size="small" disabled={isBusy} onClick={() => void cancel(orders)}>
        Cancel all {orders.length}
      </Button>
    </div>
  );
});
