// Changes are told to the page once a frame: whatever came in between is one drawing. A page that is
// not looked at gets them a few times a second, so that its title and its alarms stay true.

const HIDDEN_MS = 250;

type Flush = () => void;

let queued = new Set<Flush>();
let isPlanned = false;

function run(): void {
  isPlanned = false;
  const now = queued;
  queued = new Set();
  for (const flush of now) flush();
}

/** Runs `flush` before the next drawing, once however often it is called until then. */
export function beforeNextFrame(flush: Flush): void {
  queued.add(flush);
  if (isPlanned) return;
  isPlanned = true;
  if (typeof document !== "undefined" && document.visibilityState === "hidden") {
    setTimeout(run, HIDDEN_MS);
  } else {
    requestAnimationFrame(run);
  }
}

/** For tests: what is planned happens now. */
export function flushFrames(): void {
  while (queued.size > 0) run();
}
