// How long to wait before the next try to connect: a little at first, twice as much each time, never
// more than ten seconds, and spread so that five hundred browsers do not come back at one moment.

const FIRST_MS = 200;
const MAX_MS = 10_000;

/** `attempt` counts failed tries in a row, from 0; `spread` is from 0 to 1. */
export function backOffMs(attempt: number, spread: number): number {
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + spread / 2));
}
