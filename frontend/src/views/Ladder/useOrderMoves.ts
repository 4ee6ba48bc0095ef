import {
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import type { Ladder, LadderContract, LadderOrder, Order } from "@/data";
import { cancelOrders } from "@/views/OrderActions/cancelOrders";
import { moveOrder } from "@/views/OrderActions/moveOrder";

/** An own order on its way to another row. */
export interface Drag {
  readonly order: LadderOrder;
  readonly index: number;
}

export interface OrderMoves {
  readonly drag: Drag | null;
  readonly onGrab: (order: LadderOrder, event: PointerEvent) => void;
  readonly onOrderKey: (order: LadderOrder, event: KeyboardEvent) => void;
  readonly onCancel: (order: LadderOrder) => void;
  /** The pointer is over this row while it drags, or lets go there. */
  readonly moveTo: (index: number) => void;
  readonly dropAt: (index: number) => void;
  readonly stop: () => void;
}

export function indexOfPrice(ladder: Ladder, yesPriceMicros: bigint): number {
  return ladder.rows.findIndex((row) => row.yesPriceMicros === yesPriceMicros);
}

/** Own orders are moved and canceled, by pointer and by keys. */
export function useOrderMoves(options: {
  latest: RefObject<Ladder>;
  scroller: RefObject<HTMLElement | null>;
  contract: LadderContract;
  /** Own orders of all markets. */
  orders: readonly Order[];
  /** Changes with the own orders of this market. */
  own: unknown;
  focusRow: (index: number) => void;
}): OrderMoves {
  const { latest, scroller, contract, own, focusRow } = options;
  const [drag, setDrag] = useState<Drag | null>(null);
  const followed = useRef<{ orderId: string; index: number } | null>(null);
  const orders = useRef(options.orders);
  orders.current = options.orders;

  const drop = useCallback(
    (order: LadderOrder, index: number) => {
      setDrag(null);
      const row = latest.current.rows[index];
      if (row !== undefined) void moveOrder(order, row.yesPriceMicros, contract);
    },
    [contract, latest],
  );

  const onCancel = useCallback(({ orderId }: LadderOrder) => {
    void cancelOrders(orders.current.filter((order) => order.orderId === orderId));
  }, []);

  const onGrab = useCallback(
    (order: LadderOrder, event: PointerEvent) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ order, index: indexOfPrice(latest.current, order.priceMicros) });
    },
    [latest],
  );

  const onOrderKey = useCallback(
    (order: LadderOrder, event: KeyboardEvent) => {
      const at =
        drag?.order.orderId === order.orderId
          ? drag.index
          : indexOfPrice(latest.current, order.priceMicros);
      if (event.key === "Delete" || event.key === "Backspace") {
        followed.current = { orderId: order.orderId, index: at };
        onCancel(order);
      } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        const index = at + (event.key === "ArrowUp" ? -1 : 1);
        if (index >= 0 && index < latest.current.rows.length) setDrag({ order, index });
      } else if (event.key === "Enter" && drag !== null) {
        followed.current = { orderId: order.orderId, index: at };
        drop(order, at);
      } else if (event.key === "Escape" && drag !== null) {
        setDrag(null);
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    },
    [drag, drop, onCancel, latest],
  );

  // What was done by keys takes the focus along: to the order's new price, or to the row it has left.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the orders have changed, and then alone.
  useEffect(() => {
    if (followed.current === null || document.activeElement !== document.body) return;
    const { orderId, index } = followed.current;
    followed.current = null;
    const chip = scroller.current?.querySelector<HTMLElement>(`[data-order-id="${orderId}"]`);
    if (chip) chip.focus();
    else focusRow(index);
  }, [own]);

  return {
    drag,
    onGrab,
    onOrderKey,
    onCancel,
    moveTo: (index) => drag !== null && index !== drag.index && setDrag({ ...drag, index }),
    dropAt: (index) => drag !== null && drop(drag.order, index),
    stop: () => setDrag(null),
  };
}
