// What is lit up goes out again: elements together, a tenth of a second at a time. It is done on the
// elements themselves, neither by a drawing of React nor by an animation: a hundred animations have the
// browser compute styles and layers sixty times a second.

const LIT_MS = 700;
const STEP_MS = 100;

type Direction = "up" | "down";

/** In which step an element goes out. */
const outSteps = new WeakMap<HTMLElement, number>();
/** What goes out in a step, unless it was lit up again. */
const steps = new Map<number, HTMLElement[]>();

function putOut(step: number): void {
  for (const element of steps.get(step) ?? []) {
    if (outSteps.get(element) === step) delete element.dataset.flash;
  }
  steps.delete(step);
}

/** Marks the element with the way its value went; one that is lit stays so from now on. */
export function lightUp(element: HTMLElement, direction: Direction): void {
  if (element.dataset.flash !== direction) element.dataset.flash = direction;
  const now = performance.now();
  const step = Math.ceil((now + LIT_MS) / STEP_MS);
  outSteps.set(element, step);
  const together = steps.get(step);
  if (together === undefined) {
    steps.set(step, [element]);
    setTimeout(() => putOut(step), step * STEP_MS - now);
  } else {
    together.push(element);
  }
}
