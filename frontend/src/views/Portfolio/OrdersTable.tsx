import { useMemo, useState } from "react";
import { Button } from "@/components/Button";
import { ExportButton } from "@/components/ExportButton";
import { Table } from "@/components/Table";
import { showToast } from "@/components/toasts";
import {
  type CommandResult,
  type Order,
  type RequestError,
  sendCommand,
  useConnection,
  useSessionStore,
} from "@/data";
import { orderColumns } from "./columns";
import styles from "./Portfolio.module.css";

/** Most orders of one command. */
const CANCEL_MAX = 100;

function told(results: readonly CommandResult[]): { canceled: number; refused: string[] } {
  const outcomes = results.flatMap((result) => result.orders);
  const whole = results.flatMap((result) =>
    result.refusalReason === "" ? [] : [`${result.refusalReason}: ${result.refusalMessage}`],
  );
  const refused = outcomes.filter((outcome) => outcome.refusalReason !== "");
  return {
    canceled: outcomes.length - refused.length,
    refused: [
      ...whole,
      ...refused.map((outcome) => `${outcome.refusalReason}: ${outcome.refusalMessage}`),
    ],
  };
}

/** Cancels any number of orders, and tells what became of them. */
export async function cancelOrders(orderIds: readonly string[]): Promise<void> {
  const groups: string[][] = [];
  for (let i = 0; i < orderIds.length; i += CANCEL_MAX) {
    groups.push(orderIds.slice(i, i + CANCEL_MAX));
  }
  try {
    const results = await Promise.all(
      groups.map((group) => sendCommand({ case: "cancelOrders", value: { orderIds: group } })),
    );
    const { canceled, refused } = told(results);
    const title = `${canceled} order${canceled === 1 ? "" : "s"} canceled`;
    if (refused.length === 0) showToast({ title, tone: "success" });
    else showToast({ title, detail: refused.slice(0, 3).join("; "), tone: "warning" });
  } catch (error) {
    const { reason, message } = error as RequestError;
    showToast({ title: `Not canceled: ${reason}`, detail: message, tone: "error" });
  }
}

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
  const isViewer = useSessionStore((state) => state.session?.role === "viewer");
  const isConnected = useConnection().status === "open";
  const columns = useMemo(() => orderColumns(queueAhead), [queueAhead]);
  // What was filled or canceled meanwhile is not chosen any more.
  const open = useMemo(() => new Set(orders.map((order) => order.orderId)), [orders]);
  const keys = useMemo(() => new Set([...chosen].filter((key) => open.has(key))), [chosen, open]);
  const cancel = async () => {
    setBusy(true);
    await cancelOrders([...keys]);
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
        <ExportButton name="open-orders" columns={columns} rows={orders} />
      </div>
      <Table
        label="Open orders"
        columns={columns}
        rows={orders}
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
