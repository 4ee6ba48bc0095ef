import { type RefObject, useCallback, useEffect, useRef } from "react";
import { useAction } from "@/app/actions";
import { centerIndex, type Ladder } from "@/data";

/** Of the height in sight, the part in the middle where the best prices may move freely. */
const CALM_SHARE = 0.5;

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
  scrollTo: (index: number, options: { align: "center" }) => void;
}): { onPointerEnter: () => void; onPointerLeave: () => void } {
  const { ladder, latest, scroller, rowHeight, isFollowing } = options;
  const scrollTo = useRef(options.scrollTo);
  scrollTo.current = options.scrollTo;
  const isPointed = useRef(false);

  const center = useCallback(() => {
    scrollTo.current(centerIndex(latest.current), { align: "center" });
  }, [latest]);
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

  const middle = isQuoted ? centerIndex(ladder) : -1;
  useEffect(() => {
    const element = scroller.current;
    if (!isFollowing || middle < 0 || element === null || isPointed.current) return;
    if (element.contains(document.activeElement)) return;
    const away = (middle + 0.5) * rowHeight - (element.scrollTop + element.clientHeight / 2);
    if (Math.abs(away) > (element.clientHeight * CALM_SHARE) / 2) center();
  }, [isFollowing, middle, rowHeight, scroller, center]);

  return {
    onPointerEnter: () => {
      isPointed.current = true;
    },
    onPointerLeave: () => {
      isPointed.current = false;
    },
  };
}
