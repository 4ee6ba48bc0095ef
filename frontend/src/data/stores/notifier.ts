import { beforeNextFrame, inOneOfTheNextFrames } from "./frame";

/** Listeners who are told of a change once a frame. */
export class Notifier {
  readonly #listeners = new Set<() => void>();
  readonly #plan: (flush: () => void) => void;

  /** `isPrompt`: they are told in the next frame, whatever else is drawn in it. */
  constructor({ isPrompt }: { isPrompt: boolean }) {
    this.#plan = isPrompt ? beforeNextFrame : inOneOfTheNextFrames;
  }

  /** Tells them now. */
  readonly notify = (): void => {
    for (const listener of [...this.#listeners]) listener();
  };

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** In the form that useSyncExternalStore wants. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Tells them before one of the next drawings. */
  changed(): void {
    this.#plan(this.notify);
  }
}
