import { type KeyboardEvent, memo, type PointerEvent } from "react";
import { classes } from "@/components/classes";
import { Quantity } from "@/components/Quantity";
import {
  formatPrice,
  formatQuantity,
  isBidOf,
  type LadderContract,
  type LadderOrder,
  type LadderRow,
} from "@/data";
import styles from "./Ladder.module.css";

export interface LadderRowProps {
  row: LadderRow;
  index: number;
  top: number;
  digits: number;
  contract: LadderContract;
  largestCentis: bigint;
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
}

/** Share of the bar in percent: the square root shows small sizes beside a large one. */
function share(centis: bigint, largest: bigint): number {
  return Math.sqrt(Number(centis) / Number(largest)) * 100;
}

export const LadderRowView = memo(function LadderRowView(props: LadderRowProps) {
  const { row, index, top, digits, contract, largestCentis, isBestBid, isBestAsk } = props;
  const price = formatPrice(row.shownPriceMicros, digits);
  const bids = props.orders?.filter((order) => isBidOf(order, contract));
  const asks = props.orders?.filter((order) => !isBidOf(order, contract));
  const word = contract.toUpperCase();
  const label = [
    `${word} ${price}`,
    row.bidCentis > 0n ? `bid ${formatQuantity(row.bidCentis)}` : "",
    row.askCentis > 0n ? `ask ${formatQuantity(row.askCentis)}` : "",
  ];
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-label={label.filter(Boolean).join(", ")}
      data-index={index}
      tabIndex={props.isCurrent ? 0 : -1}
      className={classes(styles.row, props.isTarget && styles.target)}
      style={{ top }}
    >
      <OwnCell {...props} orders={bids} />
      <span role="gridcell" className={styles.total}>
        {row.bidCentis > 0n && <Quantity centis={row.bidTotalCentis} />}
      </span>
      <SizeCell
        {...props}
        isBid
        centis={row.bidCentis}
        bar={share(row.bidCentis, largestCentis)}
        isBest={isBestBid}
        title={`Buy ${word} at ${price}`}
      />
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
      <SizeCell
        {...props}
        isBid={false}
        centis={row.askCentis}
        bar={share(row.askCentis, largestCentis)}
        isBest={isBestAsk}
        title={`Sell ${word} at ${price}`}
      />
      <span role="gridcell" className={styles.total}>
        {row.askCentis > 0n && <Quantity centis={row.askTotalCentis} />}
      </span>
      <OwnCell {...props} orders={asks} />
    </div>
  );
});

function SizeCell({
  isBid,
  centis,
  bar,
  isBest,
  title,
  canTrade,
  index,
  onPick,
}: LadderRowProps & {
  isBid: boolean;
  centis: bigint;
  bar: number;
  isBest: boolean;
  title: string;
}) {
  const content = (
    <>
      {centis > 0n && (
        <span
          className={styles.bar}
          style={{ backgroundSize: `${bar.toFixed(1)}% 100%` }}
          aria-hidden="true"
        />
      )}
      <span className={styles.size}>{centis > 0n && <Quantity centis={centis} />}</span>
    </>
  );
  const name = classes(styles.cell, isBid ? styles.bid : styles.ask, isBest && styles.best);
  return (
    <span role="gridcell" className={styles.slot}>
      {canTrade ? (
        <button
          type="button"
          tabIndex={-1}
          className={name}
          title={title}
          aria-label={`${title}${centis > 0n ? `, ${formatQuantity(centis)}` : ""}`}
          onClick={() => onPick(index, isBid)}
        >
          {content}
        </button>
      ) : (
        <span className={name}>{content}</span>
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
