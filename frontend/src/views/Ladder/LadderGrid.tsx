import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { classes } from "@/components/classes";
import { useToken } from "@/components/useToken";
import {
  type BookView,
  centerIndex,
  formatPrice,
  formatQuantity,
  type LadderContract,
  type Ladder as LadderRows,
  type Market,
  type Order,
  type PortfolioView,
  priceDigits,
} from "@/data";
import styles from "./Ladder.module.css";
import { type LadderRowProps, LadderRowView } from "./LadderRowView";
import type { LadderCells } from "./ladderCells";
import { useCentering } from "./useCentering";
import { useLadder } from "./useLadder";
import { type Drag, useOrderMoves } from "./useOrderMoves";

/** A price of the ladder that was chosen. */
export interface Picked {
  readonly contract: LadderContract;
  readonly action: "buy" | "sell";
  readonly yesPriceMicros: bigint;
}

interface LadderGridProps {
  market: Market | undefined;
  lastPriceMicros: bigint | undefined;
  view: BookView;
  contract: LadderContract;
  portfolio: PortfolioView | undefined;
  canTrade: boolean;
  isFollowing: boolean;
  onPick: (picked: Picked) => void;
}

const NO_ORDERS: readonly Order[] = [];
const OVERSCAN = 4;
const PAGE_ROWS = 10;

/** The rows of the ladder. */
export function LadderGrid(props: LadderGridProps) {
  const { market, view, contract, portfolio, canTrade, isFollowing, onPick } = props;
  const { ladder, own } = useLadder(market, view, portfolio, contract);
  const latest = useRef(ladder);
  latest.current = ladder;
  const digits = priceDigits(market?.priceBands ?? []);
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useToken("--ladder-row-height");
  const [current, setCurrent] = useState(-1);
  const virtualizer = useVirtualizer({
    count: ladder.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies(rowHeight): every row has a new size.
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const pointing = useCentering({
    ladder,
    latest,
    scroller,
    rowHeight,
    isFollowing,
    sight: () => ({
      top: virtualizer.scrollOffset ?? 0,
      height: virtualizer.scrollRect?.height ?? 0,
    }),
  });
  const focusRow = (index: number) => {
    const next = Math.min(ladder.rows.length - 1, Math.max(0, index));
    setCurrent(next);
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
    });
  };
  const orders = portfolio?.orders ?? NO_ORDERS;
  const moves = useOrderMoves({ latest, scroller, contract, orders, own, focusRow });
  const { drag } = moves;
  const pick = useCallback(
    (index: number, isBid: boolean) => {
      const row = latest.current.rows[index];
      if (row === undefined) return;
      onPick({ contract, action: isBid ? "buy" : "sell", yesPriceMicros: row.yesPriceMicros });
    },
    [contract, onPick],
  );
  const indexAt = (clientY: number): number => {
    const box = scroller.current?.getBoundingClientRect();
    if (box === undefined) return -1;
    const y = clientY - box.top + (scroller.current?.scrollTop ?? 0);
    return Math.min(ladder.rows.length - 1, Math.max(0, Math.floor(y / rowHeight)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.repeat && PLACING_KEY.test(event.key)) return event.preventDefault();
    const index = Number((event.target as HTMLElement).dataset.index ?? -1);
    if (index < 0 || event.metaKey || event.ctrlKey || event.altKey) return;
    if (!rowKey(event.key, index, focusRow, canTrade ? pick : null)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const onCells = useNumbers(latest);
  const items = virtualizer.getVirtualItems();
  const reached = useRef(-1);
  const isInSight = (index: number) => items.some((item) => item.index === index);
  const reachable = [current, reached.current].find(isInSight) ?? centerIndex(ladder);
  reached.current = reachable;
  return (
    <>
      <LadderHead contract={contract} />
      <div
        ref={scroller}
        className={classes(styles.scroller, drag !== null && styles.dragging)}
        onPointerMove={(event) => event.buttons !== 0 && moves.moveTo(indexAt(event.clientY))}
        onPointerUp={(event) => moves.dropAt(indexAt(event.clientY))}
        onPointerCancel={moves.stop}
        {...pointing}
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
                yesPriceMicros={row.yesPriceMicros}
                price={formatPrice(row.shownPriceMicros, digits)}
                index={item.index}
                top={item.start}
                contract={contract}
                isBestBid={item.index === ladder.bestBidIndex}
                isBestAsk={item.index === ladder.bestAskIndex}
                isLast={row.yesPriceMicros === props.lastPriceMicros}
                isCurrent={item.index === reachable}
                isTarget={drag?.index === item.index}
                orders={own.get(row.yesPriceMicros)}
                canTrade={canTrade}
                onPick={pick}
                onGrab={moves.onGrab}
                onOrderKey={moves.onOrderKey}
                onCancel={moves.onCancel}
                onCells={onCells}
              />
            );
          })}
        </div>
      </div>
      {drag !== null && <DragNote drag={drag} ladder={ladder} digits={digits} />}
    </>
  );
}

/** Writes the numbers of each drawing into the cells that it is told of. */
function useNumbers(latest: RefObject<LadderRows>): LadderRowProps["onCells"] {
  const shown = useRef(new Map<bigint, LadderCells>());
  useLayoutEffect(() => {
    const { rows, largestCentis } = latest.current;
    for (const row of rows) shown.current.get(row.yesPriceMicros)?.show(row, largestCentis);
  });
  return useCallback((yesPriceMicros, cells) => {
    if (cells === null) shown.current.delete(yesPriceMicros);
    else shown.current.set(yesPriceMicros, cells);
  }, []);
}

/** However long they are held down, they place one order. */
const PLACING_KEY = /^(b|s|Enter)$/i;

/** What a key does on a row; false: nothing. */
function rowKey(
  key: string,
  index: number,
  focusRow: (index: number) => void,
  pick: ((index: number, isBid: boolean) => void) | null,
): boolean {
  const moves: Record<string, number> = {
    ArrowUp: index - 1,
    ArrowDown: index + 1,
    PageUp: index - PAGE_ROWS,
    PageDown: index + PAGE_ROWS,
  };
  const next = moves[key];
  const letter = key.toLowerCase();
  if (next !== undefined) focusRow(next);
  else if (pick !== null && (letter === "b" || letter === "s")) pick(index, letter === "b");
  else return false;
  return true;
}

function LadderHead({ contract }: { contract: LadderContract }) {
  return (
    <div aria-hidden="true" className={styles.columns}>
      <span>Own</span>
      <span>Total</span>
      <span>Bid</span>
      <span>{contract.toUpperCase()}</span>
      <span>Ask</span>
      <span>Total</span>
      <span>Own</span>
    </div>
  );
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
