import { useEffect, useState } from "react";

/**
 * From 0 to `count`, one more in each frame: for a page whose parts take long to draw for the first
 * time, so that none of its frames has the work of all of them.
 */
export function useTurns(count: number): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (turn >= count) return;
    const frame = requestAnimationFrame(() => setTurn(turn + 1));
    return () => cancelAnimationFrame(frame);
  }, [turn, count]);
  return turn;
}
