import { type KeyboardEvent, memo, type PointerEvent, useLayoutEffect, useRef } from "react";
import { classes } from "@/components/classes";
import {
  formatPrice,
  formatQuantity,
  isBidOf,
  type LadderContract,
  type LadderOrder,
} from "@/data";
import styles from "./Ladder.module.css";
import { LadderCells } from "./ladderCells";

export interface LadderRowProps {
  yesPriceMicros: bigint;
  /** As it is shown, of the contract that is shown. */
  price: string;
  index: number;
  top: number;
  contract: LadderContract;
  isBestBid: boolean;
  isBestAsk: boolean;
  isLast: boolean;
  isCurrent: boolean;
  isTarget: boolean;
  orders: readonly LadderOrder[] | undefined;
  /** False: a replay, or a user who may only look. */
  canTrade: boolean;
  onPick: (index: number, isBid: boolean) => void;
  onGrab: (order: LadderOrder, event: PointerEvent) => void;
  onOrderKey: (order: LadderOrder, event: KeyboardEvent) => void;
  onCancel: (order: LadderOrder) => void;
  /** Is given what shows the numbers of this price; null: it shows them no more. */
  onCells: (yesPriceMicros: bigint, cells: LadderCells | null) => void;
}

export const LadderRowView = memo(function LadderRowView(props: LadderRowProps) {
  const { yesPriceMicros, price, index, contract, canTrade, isBestBid, isBestAsk, onCells } = props;
  const element = useRef<HTMLDivElement>(null);
  const bids = props.orders?.filter((order) => isBidOf(order, contract));
  const asks = props.orders?.filter((order) => !isBidOf(order, contract));
  const word = contract.toUpperCase();
  // biome-ignore lint/correctness/useExhaustiveDependencies(canTrade): the cells are other elements.
  useLayoutEffect(() => {
    if (element.current === null) return;
    onCells(yesPriceMicros, new LadderCells(element.current, `${word} ${price}`));
    return () => onCells(yesPriceMicros, null);
  }, [onCells, yesPriceMicros, word, price, canTrade]);
  return (
    <div
      ref={element}
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={props.isCurrent ? 0 : -1}
      className={classes(styles.row, props.isTarget && styles.target)}
      style={{ top: props.top }}
    >
      <OwnCell {...props} orders={bids} />
      <span role="gridcell" className={styles.total} data-cell="bidTotal" />
      <SizeCell {...props} isBid isBest={isBestBid} title={`Buy ${word} at ${price}`} />
      <span
        role="gridcell"
        className={classes(
          styles.price,
          isBestBid && styles.bestBid,
          isBestAsk && styles.bestAsk,
          props.isLast && styles.last,
        )}
      >
        {price}
      </span>
      <SizeCell {...props} isBid={false} isBest={isBestAsk} title={`Sell ${word} at ${price}`} />
      <span role="gridcell" className={styles.total} data-cell="askTotal" />
      <OwnCell {...props} orders={asks} />
    </div>
  );
});

function SizeCell({
  isBid,
  isBest,
  title,
  canTrade,
  index,
  onPick,
}: LadderRowProps & { isBid: boolean; isBest: boolean; title: string }) {
  const ofCell = {
    className: classes(styles.cell, isBid ? styles.bid : styles.ask, isBest && styles.best),
    "data-cell": isBid ? "bid" : "ask",
  };
  return (
    <span role="gridcell" className={styles.slot}>
      {canTrade ? (
        <button
          type="button"
          {...ofCell}
          tabIndex={-1}
          title={title}
          onClick={() => onPick(index, isBid)}
        />
      ) : (
        <span {...ofCell} />
      )}
    </span>
  );
}

function OwnCell(props: LadderRowProps & { orders: readonly LadderOrder[] | undefined }) {
  return (
    <span role="gridcell" className={styles.own}>
      {props.orders?.map((order) => (
        <OwnOrder key={order.orderId} {...props} order={order} />
      ))}
    </span>
  );
}

const MANY_CENTIS = 10_000n;

/** Of many contracts their hundredths do not matter, and have no room. */
function shortQuantity(centis: bigint): string {
  return formatQuantity(centis < MANY_CENTIS ? centis : (centis / 100n) * 100n);
}

/** An own order: what is left of it, and what is matched before it. */
function OwnOrder({
  order,
  canTrade,
  onGrab,
  onOrderKey,
  onCancel,
}: LadderRowProps & { order: LadderOrder }) {
  const ahead = order.aheadCentis === undefined ? "" : formatQuantity(order.aheadCentis);
  const shortAhead = shortQuantity(order.aheadCentis ?? 0n);
  const size = formatQuantity(order.remainingCentis);
  const price = formatPrice(order.priceMicros);
  const told = ahead === "" ? "" : `, ${ahead} ahead in the queue`;
  return (
    <span className={styles.chip}>
      <button
        type="button"
        disabled={!canTrade}
        className={styles.order}
        data-order-id={order.orderId}
        title={`Own order: ${size}${told}. Drag to amend, Delete to cancel.`}
        onPointerDown={(event) => onGrab(order, event)}
        onKeyDown={(event) => onOrderKey(order, event)}
      >
        <span className="visually-hidden">Own order </span>
        {size}
        {ahead !== "" && <span className={styles.queue}>Q{shortAhead}</span>}
        <span className="visually-hidden">
          {" "}
          at {price} YES{told}. Arrow keys and Enter move it, Delete cancels it.
        </span>
      </button>
      {canTrade && (
        <button
          type="button"
          // By keys it is Delete on the order.
          tabIndex={-1}
          className={styles.cancel}
          aria-label={`Cancel own order ${size} at ${price} YES`}
          title="Cancel"
          onClick={() => onCancel(order)}
        >
          ✕
        </button>
      )}
    </span>
  );
}
