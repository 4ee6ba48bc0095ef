// The order ladder: every valid price in its place, bids to the left, asks to the right. A click on a
// size puts that side and price into the ticket; an own order is dragged to another price. All of it
// also goes by keys: arrows move along prices, B and S put bid and ask into the ticket, C centers, and
// on an own order arrows choose a price, Enter moves it there, Delete cancels it.

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { useAction } from "@/app/actions";
import { useChoice } from "@/app/settings";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { Panel } from "@/components/Panel";
import { useToken } from "@/components/useToken";
import {
  type BookView,
  centerIndex,
  formatPrice,
  formatQuantity,
  type LadderContract,
  type LadderOrder,
  type Ladder as LadderRows,
  type Live,
  type MarketEntry,
  type PortfolioView,
  priceDigits,
} from "@/data";
import { BookHealthLine } from "@/views/Ladder/BookHealthLine";
import { LadderRowView } from "@/views/Ladder/LadderRowView";
import { cancelOrder, moveOrder } from "@/views/Ladder/orderActions";
import { useLadder } from "@/views/Ladder/useLadder";
import styles from "./Ladder.module.css";

export interface Picked {
  readonly contract: LadderContract;
  readonly action: "buy" | "sell";
  readonly yesPriceMicros: bigint;
}

export interface LadderProps {
  entry: MarketEntry | undefined;
  book: Live<BookView>;
  /** Not set: own orders are not shown. */
  portfolio?: PortfolioView | undefined;
  canTrade: boolean;
  onPick: (picked: Picked) => void;
}

export const Ladder = memo(function Ladder({
  entry,
  book,
  portfolio,
  canTrade,
  onPick,
}: LadderProps) {
  const [contractText, setContract] = useChoice("ladder.contract", "yes");
  const contract: LadderContract = contractText === "no" ? "no" : "yes";
  useAction({
    id: "ladder-contract",
    title: "Ladder: switch between YES and NO prices",
    group: "Market",
    keys: "v",
    run: () => setContract(contract === "yes" ? "no" : "yes"),
  });
  return (
    <Panel
      title="Order ladder"
      message="BOOK_UPDATE"
      value={book.value}
      isStale={book.isStale}
      isFlush
      actions={
        <div role="group" aria-label="Prices of" className={styles.contracts}>
          {(["yes", "no"] as const).map((each) => (
            <Button
              key={each}
              size="small"
              variant="ghost"
              isPressed={contract === each}
              onClick={() => setContract(each)}
            >
              {each.toUpperCase()}
            </Button>
          ))}
        </div>
      }
    >
      {(view) => (
        <>
          <LadderGrid
            key={contract}
            entry={entry}
            view={view}
            contract={contract}
            portfolio={portfolio}
            canTrade={canTrade}
            onPick={onPick}
          />
          <BookHealthLine
            health={view.health}
            heardMs={book.heardMs}
            isReplay={view.replayId !== ""}
          />
        </>
      )}
    </Panel>
  );
});

interface GridProps extends Pick<LadderProps, "entry" | "portfolio" | "canTrade" | "onPick"> {
  view: BookView;
  contract: LadderContract;
}

interface Drag {
  readonly order: LadderOrder;
  /** The row it would go to. */
  readonly index: number;
}

function LadderGrid({ entry, view, contract, portfolio, canTrade, onPick }: GridProps) {
  const market = entry?.market;
  const { ladder, own } = useLadder(market, view, portfolio, contract);
  const latest = useRef(ladder);
  latest.current = ladder;
  const digits = priceDigits(market?.priceBands ?? []);
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useToken("--ladder-row-height");
  const [current, setCurrent] = useState(-1);
  const [drag, setDrag] = useState<Drag | null>(null);
  const followed = useRef<{ orderId: string; index: number } | null>(null);
  const virtualizer = useVirtualizer({
    count: ladder.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies(rowHeight): every row has a new size.
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  const center = useCallback(() => {
    virtualizer.scrollToIndex(centerIndex(latest.current), { align: "center" });
  }, [virtualizer]);
  const hasRows = ladder.rows.length > 0;
  const isQuoted = ladder.bestBidIndex >= 0 || ladder.bestAskIndex >= 0;
  // An empty book is shown around its middle; its first price may be anywhere.
  // biome-ignore lint/correctness/useExhaustiveDependencies(isQuoted): it has its first price.
  useEffect(() => {
    if (hasRows) center();
  }, [hasRows, isQuoted, center]);
  useAction({
    id: "ladder-center",
    title: "Ladder: center at the best prices",
    group: "Market",
    keys: "c",
    run: center,
  });

  const pick = useCallback(
    (index: number, isBid: boolean) => {
      const row = latest.current.rows[index];
      if (row === undefined) return;
      onPick({ contract, action: isBid ? "buy" : "sell", yesPriceMicros: row.yesPriceMicros });
    },
    [contract, onPick],
  );

  const drop = useCallback(
    (order: LadderOrder, index: number) => {
      setDrag(null);
      const row = latest.current.rows[index];
      if (row !== undefined) void moveOrder(order, row.yesPriceMicros, contract);
    },
    [contract],
  );

  const onGrab = useCallback((order: LadderOrder, event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ order, index: indexOfPrice(latest.current, order.priceMicros) });
  }, []);

  const indexAt = (clientY: number): number => {
    const box = scroller.current?.getBoundingClientRect();
    if (box === undefined) return -1;
    const y = clientY - box.top + (scroller.current?.scrollTop ?? 0);
    return Math.min(ladder.rows.length - 1, Math.max(0, Math.floor(y / rowHeight)));
  };

  const onOrderKey = useCallback(
    (order: LadderOrder, event: KeyboardEvent) => {
      const at =
        drag?.order.orderId === order.orderId
          ? drag.index
          : indexOfPrice(latest.current, order.priceMicros);
      if (event.key === "Delete" || event.key === "Backspace") {
        followed.current = { orderId: order.orderId, index: at };
        void cancelOrder(order, contract);
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
    [drag, drop, contract],
  );

  const focusRow = (index: number) => {
    const next = Math.min(ladder.rows.length - 1, Math.max(0, index));
    setCurrent(next);
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
    });
  };

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

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const index = Number(target.dataset.index ?? -1);
    if (index < 0 || event.metaKey || event.ctrlKey || event.altKey) return;
    const moves: Record<string, number> = {
      ArrowUp: index - 1,
      ArrowDown: index + 1,
      PageUp: index - 10,
      PageDown: index + 10,
    };
    const next = moves[event.key];
    if (next !== undefined) focusRow(next);
    else if (event.key.toLowerCase() === "b" && canTrade) pick(index, true);
    else if (event.key.toLowerCase() === "s" && canTrade) pick(index, false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const items = virtualizer.getVirtualItems();
  const reachable = items.some((item) => item.index === current) ? current : centerIndex(ladder);
  const last = entry?.ticker?.lastPriceMicros;
  return (
    <>
      <div aria-hidden="true" className={classes(styles.columns)}>
        <span>Own</span>
        <span>Total</span>
        <span>Bid</span>
        <span>{contract.toUpperCase()}</span>
        <span>Ask</span>
        <span>Total</span>
        <span>Own</span>
      </div>
      <div
        ref={scroller}
        className={classes(styles.scroller, drag !== null && styles.dragging)}
        onPointerMove={(event) => {
          if (drag === null || event.buttons === 0) return;
          const index = indexAt(event.clientY);
          if (index !== drag.index) setDrag({ order: drag.order, index });
        }}
        onPointerUp={(event) => drag !== null && drop(drag.order, indexAt(event.clientY))}
        onPointerCancel={() => setDrag(null)}
      >
        <div
          role="grid"
          aria-label={`Order ladder, ${contract.toUpperCase()} prices`}
          aria-rowcount={ladder.rows.length + 1}
          className={styles.grid}
          style={{ height: virtualizer.getTotalSize() }}
          onKeyDown={onKeyDown}
          onFocus={(event) => {
            const index = (event.target as HTMLElement).dataset.index;
            if (index !== undefined) setCurrent(Number(index));
          }}
        >
          {items.map((item) => {
            const row = ladder.rows[item.index];
            if (row === undefined) return null;
            return (
              <LadderRowView
                key={String(row.yesPriceMicros)}
                row={row}
                index={item.index}
                top={item.start}
                digits={digits}
                contract={contract}
                largestCentis={ladder.largestCentis}
                isBestBid={item.index === ladder.bestBidIndex}
                isBestAsk={item.index === ladder.bestAskIndex}
                isLast={row.yesPriceMicros === last}
                isCurrent={item.index === reachable}
                isTarget={drag?.index === item.index}
                orders={own.get(row.yesPriceMicros)}
                canTrade={canTrade}
                onPick={pick}
                onGrab={onGrab}
                onOrderKey={onOrderKey}
              />
            );
          })}
        </div>
      </div>
      {drag !== null && <DragNote drag={drag} ladder={ladder} digits={digits} />}
    </>
  );
}

function indexOfPrice(ladder: LadderRows, yesPriceMicros: bigint): number {
  return ladder.rows.findIndex((row) => row.yesPriceMicros === yesPriceMicros);
}

function DragNote({ drag, ladder, digits }: { drag: Drag; ladder: LadderRows; digits: number }) {
  const row = ladder.rows[drag.index];
  if (row === undefined || row.yesPriceMicros === drag.order.priceMicros) return null;
  return (
    <output className={styles.dragNote}>
      Move {formatQuantity(drag.order.remainingCentis)} to{" "}
      <b>{formatPrice(row.shownPriceMicros, digits)}</b>
    </output>
  );
}
