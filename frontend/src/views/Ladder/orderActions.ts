// What is done to an own order from the ladder. Whatever comes of it is told; what can be taken back
// offers that.

import { showToast } from "@/components/toasts";
import {
  type CommandResult,
  complement,
  formatPrice,
  formatQuantity,
  type LadderContract,
  type LadderOrder,
  RequestError,
  sendCommand,
} from "@/data";

function shown(priceMicros: bigint, contract: LadderContract): string {
  return formatPrice(contract === "yes" ? priceMicros : complement(priceMicros));
}

function tellRefusal(what: string, result: CommandResult): boolean {
  const refused = result.orders.find((order) => order.refusalReason !== "");
  const reason = result.refusalReason || (refused?.refusalReason ?? "");
  if (reason === "") return false;
  const message = result.refusalMessage || (refused?.refusalMessage ?? "");
  showToast({ title: `${what}: ${reason}`, detail: message, tone: "error" });
  return true;
}

function tellError(what: string, error: unknown): void {
  const detail = error instanceof RequestError ? error.message : String(error);
  const reason = error instanceof RequestError ? error.reason : "Unexpected";
  showToast({ title: `${what}: ${reason}`, detail, tone: "error" });
}

/** Gives an order another price; its place in the queue is lost. */
export async function moveOrder(
  order: LadderOrder,
  priceMicros: bigint,
  contract: LadderContract,
  isUndo = false,
): Promise<void> {
  if (priceMicros === order.priceMicros) return;
  try {
    const result = await sendCommand({
      case: "amendOrder",
      value: {
        orderId: order.orderId,
        priceMicros,
        totalQuantityCentis: order.totalCentis,
      },
    });
    if (tellRefusal("Not amended", result)) return;
    const moved = { ...order, priceMicros };
    showToast({
      title: `Order moved to ${shown(priceMicros, contract)}`,
      detail: `${formatQuantity(order.remainingCentis)} contracts, was at ${shown(order.priceMicros, contract)}`,
      tone: "success",
      ...(isUndo
        ? {}
        : {
            undo: {
              label: "Move back",
              run: () => void moveOrder(moved, order.priceMicros, contract, true),
            },
          }),
    });
  } catch (error) {
    tellError("Not amended", error);
  }
}

/** Takes an order out of the book. */
export async function cancelOrder(order: LadderOrder, contract: LadderContract): Promise<void> {
  try {
    const result = await sendCommand({
      case: "cancelOrders",
      value: { orderIds: [order.orderId] },
    });
    if (tellRefusal("Not canceled", result)) return;
    showToast({
      title: "Order canceled",
      detail: `${formatQuantity(order.remainingCentis)} contracts at ${shown(order.priceMicros, contract)}`,
      tone: "success",
    });
  } catch (error) {
    tellError("Not canceled", error);
  }
}
