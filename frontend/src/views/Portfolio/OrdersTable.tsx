import { useMemo, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { ExportButton } from "@/components/ExportButton";
import { Table } from "@/components/Table";
import { type Order, useConnection, useSessionStore } from "@/data";
import { cancelOrders } from "@/views/OrderActions/cancelOrders";
import { orderColumns } from "./columns";
import styles from "./Portfolio.module.css";

/** Orders that rest: pick some, cancel them. */
export function OrdersTable({
  orders,
  queueAhead,
}: {
  orders: readonly Order[];
  queueAhead: ReadonlyMap<string, bigint>;
}) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isBusy, setBusy] = useState(false);
  const shown = useRef<readonly Order[]>(orders);
  const isViewer = useSessionStore((state) => state.session?.role === "viewer");
  const isConnected = useConnection().status === "open";
  const columns = useMemo(() => orderColumns(queueAhead), [queueAhead]);
  // What was filled or canceled meanwhile is not chosen any more.
  const open = useMemo(() => new Set(orders.map((order) => order.orderId)), [orders]);
  const keys = useMemo(() => new Set([...chosen].filter((key) => open.has(key))), [chosen, open]);
  const cancel = async () => {
    setBusy(true);
    await cancelOrders(orders.filter((order) => keys.has(order.orderId)));
    setChosen(new Set());
    setBusy(false);
  };
  return (
    <div className={styles.tableBox} data-message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO">
      <div className={styles.tools}>
        <Button
          size="small"
          variant={keys.size > 0 ? "danger" : "secondary"}
          disabled={keys.size === 0 || isViewer || !isConnected}
          isBusy={isBusy}
          onClick={() => void cancel()}
        >
          {keys.size === 0 ? "Cancel chosen" : `Cancel ${keys.size}`}
        </Button>
        <ExportButton name="open-orders" columns={columns} rows={orders} shownRows={shown} />
      </div>
      <Table
        label="Open orders"
        columns={columns}
        rows={orders}
        shownRows={shown}
        keyOf={(order) => order.orderId}
        empty="No order rests."
        {...(isViewer
          ? {}
          : {
              selection: {
                keys,
                onChange: setChosen,
                labelOf: (key: string) => `order ${key}`,
              },
            })}
      />
    </div>
  );
}
