// Changes are told to the page once a frame: whatever came in between is one drawing. A page that is
// not looked at gets them a few times a second, so that its title and its alarms stay true.

const HIDDEN_MS = 250;
/**
 * So long after a drawing the page asks for every frame. One that is asked for in between begins at once,
 * whatever is left of its time, and may be over before it is drawn. A frame in which nothing changes costs
 * about half a millisecond (`tests/load/ui`: the median of the table of markets).
 */
const AWAKE_MS = 250;

type Flush = () => void;

let prompt = new Set<Flush>();
let inTurn = new Set<Flush>();
/** What waited for a frame already. */
let overdue = new Set<Flush>();
let isPlanned = false;
let lastDrawing = Number.NEGATIVE_INFINITY;

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  if (typeof document !== "undefined" && document.visibilityState === "hidden") {
    setTimeout(run, HIDDEN_MS);
  } else {
    requestAnimationFrame(run);
  }
}

function run(): void {
  isPlanned = false;
  const time = performance.now();
  const now = new Set([...prompt, ...overdue]);
  const [first] = inTurn;
  if (overdue.size === 0 && first !== undefined) {
    now.add(first);
    inTurn.delete(first);
  }
  prompt = new Set();
  overdue = inTurn;
  inTurn = new Set();
  if (now.size > 0) lastDrawing = time;
  if (overdue.size > 0 || time - lastDrawing < AWAKE_MS) plan();
  for (const flush of now) flush();
}

/** Runs `flush` before the next drawing, once however often it is called until then. */
export function beforeNextFrame(flush: Flush): void {
  prompt.add(flush);
  plan();
}

/**
 * The same for what comes many times a second and takes long to draw: of those, only one is in a frame,
 * so that no frame has the work of all. None waits for more than one frame.
 */
export function inOneOfTheNextFrames(flush: Flush): void {
  if (!overdue.has(flush)) inTurn.add(flush);
  plan();
}

/** For tests: what is planned happens now. */
export function flushFrames(): void {
  while (prompt.size + inTurn.size + overdue.size > 0) run();
}
