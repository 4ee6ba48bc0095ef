import { type RefObject, useCallback, useEffect, useRef } from "react";
import { useAction } from "@/app/actions";
import { centerIndex, type Ladder } from "@/data";

/** What of the ladder is in sight, in pixels; known without having anything laid out. */
export interface Sight {
  readonly top: number;
  readonly height: number;
}

/** Of the height in sight, the part in the middle where the best prices may move freely. */
const CALM_SHARE = 0.5;

/** What comes into the middle; until the height is known, as if all of it were in sight. */
function aim(ladder: Ladder, rowsInSight: number): number {
  return centerIndex(ladder, rowsInSight > 0 ? rowsInSight : undefined);
}

/**
 * Centers the ladder at the best prices: at first, by a key, and, where it follows, when they have left
 * the middle. Under a pointer, or the focus, it never moves by itself.
 */
export function useCentering(options: {
  ladder: Ladder;
  latest: RefObject<Ladder>;
  scroller: RefObject<HTMLElement | null>;
  rowHeight: number;
  isFollowing: boolean;
  sight: () => Sight;
}): { onPointerEnter: () => void; onPointerLeave: () => void } {
  const { ladder, latest, scroller, rowHeight, isFollowing } = options;
  const sight = useRef(options.sight);
  sight.current = options.sight;
  const isPointed = useRef(false);

  const center = useCallback(() => {
    if (scroller.current === null) return;
    const { top, height } = sight.current();
    const middle = aim(latest.current, height / rowHeight);
    const wanted = (middle + 0.5) * rowHeight - height / 2;
    const end = latest.current.rows.length * rowHeight - height;
    const next = Math.max(0, Math.min(wanted, end));
    // Near an end it stays where it is; to be told so would have it laid out.
    if (next !== top) scroller.current.scrollTop = next;
  }, [latest, scroller, rowHeight]);
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

  const { bestBidIndex, bestAskIndex } = ladder;
  // biome-ignore lint/correctness/useExhaustiveDependencies(bestBidIndex): the ladder is the latest.
  // biome-ignore lint/correctness/useExhaustiveDependencies(bestAskIndex): the ladder is the latest.
  useEffect(() => {
    const element = scroller.current;
    if (!isFollowing || !isQuoted || element === null || isPointed.current) return;
    if (element.contains(document.activeElement)) return;
    const { top, height } = sight.current();
    const middle = aim(latest.current, height / rowHeight);
    const away = (middle + 0.5) * rowHeight - (top + height / 2);
    if (Math.abs(away) > (height * CALM_SHARE) / 2) center();
  }, [isFollowing, isQuoted, bestBidIndex, bestAskIndex, latest, rowHeight, scroller, center]);

  return {
    onPointerEnter: () => {
      isPointed.current = true;
    },
    onPointerLeave: () => {
      isPointed.current = false;
    },
  };
}
