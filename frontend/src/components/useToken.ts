import { useSyncExternalStore } from "react";

function read(name: string): number {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name);
  const value = Number.parseFloat(text);
  return Number.isFinite(value) && value > 0 ? value : 28;
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-density", "data-theme"],
  });
  return () => observer.disconnect();
}

/** A size of tokens.css in pixels, for what must compute with it. */
export function useToken(name: string): number {
  return useSyncExternalStore(subscribe, () => read(name));
}
