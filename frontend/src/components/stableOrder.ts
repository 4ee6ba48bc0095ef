// The order of rows that a user points at does not change under the pointer: rows that went away go,
// rows that came are put at the end, and everything falls into its place when the pointer leaves.

/** Keys in the order to show. `wanted` is the order as sorted; while held, that of before stays. */
export function stableOrder(
  before: readonly string[],
  wanted: readonly string[],
  isHeld: boolean,
): readonly string[] {
  if (!isHeld) return isSame(before, wanted) ? before : wanted;
  const there = new Set(wanted);
  const kept = before.filter((key) => there.has(key));
  const known = new Set(kept);
  const order = [...kept, ...wanted.filter((key) => !known.has(key))];
  return isSame(before, order) ? before : order;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
