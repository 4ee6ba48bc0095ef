import { beforeNextFrame } from "./frame";

/** Listeners who are told of a change once a frame. */
export class Notifier {
  readonly #listeners = new Set<() => void>();
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

  /** Tells them before the next drawing. */
  changed(): void {
    beforeNextFrame(this.notify);
  }
}
