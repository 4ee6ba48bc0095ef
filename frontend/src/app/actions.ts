// What can be done from anywhere: each action has a name for the palette, and keys if it is needed
// often. Whoever can do something offers it while it is on the screen (useAction); the map of keys,
// the palette and the keyboard itself all read the same list.

import { useEffect, useRef } from "react";
import { create } from "zustand";

export interface Action {
  /** Stable name. */
  readonly id: string;
  readonly title: string;
  /** Heading under which the palette and the map of keys list it. */
  readonly group: string;
  /** "g m" (one after the other), "mod+k" (Command or Control), "shift+x", "?"; empty: none. */
  readonly keys: string;
  /** True: also while the user types into a field. */
  readonly isEverywhere?: boolean;
  /** True: a key that is held down does it again and again. */
  readonly repeats?: boolean;
  readonly run: () => void;
}

interface ActionState {
  actions: readonly Action[];
}

export const useActions = create<ActionState>(() => ({ actions: [] }));

/** Offers an action for as long as the component is there. */
export function useAction(action: Action): void {
  const latest = useRef(action);
  latest.current = action;
  const { id, title, group, keys, isEverywhere = false, repeats = false } = action;
  useEffect(() => {
    const offered: Action = {
      id,
      title,
      group,
      keys,
      isEverywhere,
      repeats,
      run: () => latest.current.run(),
    };
    useActions.setState(({ actions }) => ({
      actions: [...actions.filter((other) => other.id !== id), offered],
    }));
    return () => {
      useActions.setState(({ actions }) => ({
        actions: actions.filter((other) => other !== offered),
      }));
    };
  }, [id, title, group, keys, isEverywhere, repeats]);
}

/** The same as a component, where a list of them is offered. */
export function OfferAction(action: Action): null {
  useAction(action);
  return null;
}

/** What was pressed, as actions name it. */
export function pressed(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.metaKey || event.ctrlKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  const isSign = event.key.length === 1 && event.key.toLowerCase() === event.key.toUpperCase();
  // "?" is a sign of its own, however it is typed; "shift+x" is not "x".
  if (event.shiftKey && !isSign) parts.push("shift");
  parts.push(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}

/** Inputs that no text goes into, and the keys that move them. */
const MOVED_INPUTS = new Set(["radio", "checkbox", "range"]);
const MOVING_KEYS = /^(shift\+)?( |Enter|Arrow.*|Home|End|Page.*)$/;

/** This key belongs to the field that has the focus. */
export function isForField(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && MOVED_INPUTS.has(target.type)) {
    return MOVING_KEYS.test(key);
  }
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const SEQUENCE_MS = 1_200;

/** Finds what keys mean; it remembers the first of two. */
export class KeyReader {
  #first = "";
  #firstAt = 0;

  /** The action of this key, or null; `isPrefix` tells that another key may follow. */
  read(key: string, nowMs: number, actions: readonly Action[], isInField: boolean): Action | null {
    const allowed = actions.filter(
      (action) => action.keys !== "" && (!isInField || action.isEverywhere === true),
    );
    const first = nowMs - this.#firstAt < SEQUENCE_MS ? this.#first : "";
    this.#first = "";
    if (first !== "") {
      const second = allowed.find((action) => action.keys === `${first} ${key}`);
      if (second !== undefined) return second;
    }
    if (allowed.some((action) => action.keys.startsWith(`${key} `))) {
      this.#first = key;
      this.#firstAt = nowMs;
      return null;
    }
    return allowed.find((action) => action.keys === key) ?? null;
  }
}

/** A question is open: keys belong to it. */
function isAsking(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;
}

/** Once, for the whole application. `isPaused`: what will take the keys is on its way. */
export function useKeyboard(isPaused = false): void {
  const paused = useRef(isPaused);
  paused.current = isPaused;
  useEffect(() => {
    const reader = new KeyReader();
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (paused.current || isAsking()) return;
      const { actions } = useActions.getState();
      const key = pressed(event);
      const action = reader.read(key, event.timeStamp, actions, isForField(event.target, key));
      if (action === null) return;
      event.preventDefault();
      if (!event.repeat || action.repeats) action.run();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
