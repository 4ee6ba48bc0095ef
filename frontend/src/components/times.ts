// What is left until a moment.

const NS_PER_SECOND = 1_000_000_000n;

function two(value: number): string {
  return String(value).padStart(2, "0");
}

const DAYS_OF_YEAR = 365;

/** A count-down of fixed width: "12y", "3d 04h", "4h 12m", "9:05"; "0:00" when it is over. */
export function formatCountdown(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const days = Math.floor(left / 86_400);
  const hours = Math.floor((left % 86_400) / 3_600);
  const minutes = Math.floor((left % 3_600) / 60);
  if (days >= 3 * DAYS_OF_YEAR) return `${Math.floor(days / DAYS_OF_YEAR)}y`;
  if (days > 0) return `${days}d ${two(hours)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return `${minutes}:${two(left % 60)}`;
}

/** Seconds from `nowSeconds` until a moment; below zero: it has passed. */
export function secondsUntil(timeNs: bigint, nowSeconds: number): number {
  return Number(timeNs / NS_PER_SECOND) - nowSeconds;
}
