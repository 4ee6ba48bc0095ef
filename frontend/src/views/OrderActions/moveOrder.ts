import { showToast } from "@/components/toasts";
import {
  complement,
  formatPrice,
  formatQuantity,
  type LadderContract,
  type LadderOrder,
  sendCommand,
} from "@/data";
import { refusalsOf, tellError } from "./tell";

function shown(priceMicros: bigint, contract: LadderContract): string {
  return formatPrice(contract === "yes" ? priceMicros : complement(priceMicros));
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
    const [refusal] = refusalsOf([result]);
    if (refusal !== undefined) {
      showToast({ title: "Not amended", detail: refusal, tone: "error" });
      return;
    }
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
