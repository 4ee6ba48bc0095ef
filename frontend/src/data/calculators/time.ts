// Moments and spans as text. Moments are nanoseconds since 1970 UTC; they are shown in the time zone
// of the browser, and in files in UTC (`isoTime`).

const NS_PER_MS = 1_000_000n;

function pad(value: number, width = 2): string {
  return value.toString().padStart(width, "0");
}

function dateOf(timeNs: bigint): Date {
  return new Date(Number(timeNs / NS_PER_MS));
}

/** "14:03:09"; with milliseconds "14:03:09.120". Empty for 0. */
export function formatClock(timeNs: bigint, hasMilliseconds = false): string {
  if (timeNs <= 0n) return "";
  const date = dateOf(timeNs);
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return hasMilliseconds ? `${clock}.${pad(date.getMilliseconds(), 3)}` : clock;
}

/** "2026-03-01 14:03:09". Empty for 0. */
export function formatMoment(timeNs: bigint): string {
  if (timeNs <= 0n) return "";
  const date = dateOf(timeNs);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${formatClock(timeNs)}`;
}

const UNITS: readonly [string, bigint][] = [
  ["d", 86_400n],
  ["h", 3_600n],
  ["m", 60n],
  ["s", 1n],
];

/** The two largest units of a span: "2d 4h", "3m 9s", "0s". Below zero it is none. */
export function formatSpan(spanNs: bigint): string {
  let seconds = spanNs > 0n ? spanNs / 1_000_000_000n : 0n;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    if (seconds >= size || (unit === "s" && parts.length === 0)) {
      parts.push(`${seconds / size}${unit}`);
      seconds %= size;
    } else if (parts.length > 0) {
      break;
    }
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** The value of an input of type datetime-local: "2026-03-01T14:03:09". */
export function inputMoment(timeNs: bigint): string {
  return formatMoment(timeNs).replace(" ", "T");
}

/** What such an input says; undefined: it is no moment. */
export function parseMoment(text: string): bigint | undefined {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * NS_PER_MS;
}
