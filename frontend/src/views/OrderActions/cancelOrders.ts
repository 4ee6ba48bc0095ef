// Orders are taken out of the book, and placed again by whoever did not mean it.

import { showToast } from "@/components/toasts";
import {
  type CommandResult,
  formatPrice,
  formatQuantity,
  type Order,
  sendCommand,
  TimeInForce,
  timestampNs,
} from "@/data";
import { refusalsOf, tellError } from "./tell";

/** Most orders of one command. */
const CANCEL_MAX = 100;
/** So many orders can be placed again; more are not done by mistake. */
const PLACE_AGAIN_MAX = 40;
/** Time to see that it was a mistake, in milliseconds. */
const UNDO_MS = 10_000;
const REASONS_SHOWN = 3;

function countText(count: number): string {
  return `${count} order${count === 1 ? "" : "s"}`;
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function placeAgain(order: Order): Promise<CommandResult> {
  return sendCommand({
    case: "createOrder",
    value: {
      marketTicker: order.marketTicker,
      side: order.side,
      priceMicros: order.priceMicros,
      quantityCentis: order.remainingQuantityCentis,
      timeInForce: TimeInForce.GOOD_TILL_CANCELED,
      // It rested: where the book has moved over its price it is not to match now.
      postOnly: true,
      expirationTimeNs: timestampNs(order.expirationTime),
      orderGroupId: order.orderGroupId,
    },
  });
}

/** Places what was canceled as new orders at the end of their queues. */
async function undoCancel(orders: readonly Order[]): Promise<void> {
  const alive = orders.filter(({ expirationTime }) => {
    const expiresNs = timestampNs(expirationTime);
    return expiresNs === 0n || expiresNs > nowNs();
  });
  const ends = await Promise.allSettled(alive.map(placeAgain));
  const results = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  const refusals = refusalsOf(results);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) tellError("Not all placed again", failed.reason);
  const isWhole = failed === undefined && refusals.length === 0 && alive.length === orders.length;
  showToast({
    title: isWhole ? `${countText(orders.length)} placed again` : "Not all were placed again",
    detail: refusals.slice(0, REASONS_SHOWN).join("; ") || "At the end of their queues",
    tone: isWhole ? "success" : "warning",
  });
}

function detailOf(orders: readonly Order[]): string {
  const [only] = orders;
  if (only === undefined || orders.length > 1) return "";
  return `${formatQuantity(only.remainingQuantityCentis)} contracts at ${formatPrice(only.priceMicros)} YES`;
}

function tellCanceled(orders: readonly Order[], results: readonly CommandResult[]): void {
  const refused = new Set(
    results.flatMap((result) =>
      result.orders.filter((end) => end.refusalReason !== "").map((end) => end.orderId),
    ),
  );
  const refusals = refusalsOf(results);
  const isRefused = results.some((result) => result.refusalReason !== "");
  const gone = isRefused ? [] : orders.filter((order) => !refused.has(order.orderId));
  const canPlace = gone.length > 0 && gone.length <= PLACE_AGAIN_MAX;
  showToast({
    title: gone.length === 0 ? "Not canceled" : `${countText(gone.length)} canceled`,
    detail: refusals.slice(0, REASONS_SHOWN).join("; ") || detailOf(gone),
    tone: refusals.length === 0 ? "success" : "warning",
    timeoutMs: UNDO_MS,
    ...(canPlace ? { undo: { label: "Place again", run: () => void undoCancel(gone) } } : {}),
  });
}

/** Cancels any number of orders, tells what became of them, and offers to place them again. */
export async function cancelOrders(orders: readonly Order[]): Promise<void> {
  const groups: string[][] = [];
  for (let i = 0; i < orders.length; i += CANCEL_MAX) {
    groups.push(orders.slice(i, i + CANCEL_MAX).map((order) => order.orderId));
  }
  try {
    const results = await Promise.all(
      groups.map((orderIds) => sendCommand({ case: "cancelOrders", value: { orderIds } })),
    );
    tellCanceled(orders, results);
  } catch (error) {
    tellError("Not canceled", error);
  }
}
