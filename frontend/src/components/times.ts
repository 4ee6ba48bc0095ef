// Times as people read them, from nanoseconds since 1970.

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

export function toDate(timeNs: bigint): Date {
  return new Date(Number(timeNs / NS_PER_MS));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Time of day in the user's zone: "14:05:09", with `digits` of the second's parts. */
export function formatClock(timeNs: bigint, digits: 0 | 3 = 0): string {
  const date = toDate(timeNs);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return digits === 0 ? text : `${text}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Day and time in the user's zone: "2026-08-10 14:05:09". */
export function formatMoment(timeNs: bigint): string {
  if (timeNs === 0n) return "–";
  const date = toDate(timeNs);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${formatClock(timeNs)}`;
}

/** What is left of a span: "3d 04h", "4h 12m", "9:05"; "0:00" when it is over. */
export function formatSpan(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const days = Math.floor(left / 86_400);
  const hours = Math.floor((left % 86_400) / 3_600);
  const minutes = Math.floor((left % 3_600) / 60);
  if (days > 0) return `${days}d ${two(hours)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return `${minutes}:${two(left % 60)}`;
}

/** Seconds from `nowSeconds` until a moment; below zero: it has passed. */
export function secondsUntil(timeNs: bigint, nowSeconds: number): number {
  return Number(timeNs / NS_PER_SECOND) - nowSeconds;
}
