import { useSyncExternalStore } from "react";

let seconds = Math.floor(Date.now() / 1000);
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    const now = Math.floor(Date.now() / 1000);
    if (now === seconds) return;
    seconds = now;
    for (const each of [...listeners]) each();
  }, 250);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Seconds since 1970; whoever asks is drawn anew each second, all at one moment. */
export function useNowSeconds(): number {
  return useSyncExternalStore(subscribe, () => seconds);
}
