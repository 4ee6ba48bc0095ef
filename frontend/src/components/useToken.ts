import { useEffect, useState } from "react";
import { NARROW_QUERY } from "@/components/useMedia";

function read(name: string): number {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name);
  const value = Number.parseFloat(text);
  return Number.isFinite(value) && value > 0 ? value : 28;
}

/** Tells when tokens may have other values: another theme, another density, another kind of window. */
function onTokens(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-density", "data-theme"],
  });
  const narrow = window.matchMedia(NARROW_QUERY);
  narrow.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    narrow.removeEventListener("change", listener);
  };
}

/**
 * A size of tokens.css in pixels, for what must compute with it. It is read when it can have changed
 * and not with each drawing: to read it makes the browser compute every style that is due.
 */
export function useToken(name: string): number {
  const [value, setValue] = useState(() => read(name));
  useEffect(() => {
    const update = () => setValue(read(name));
    update();
    return onTokens(update);
  }, [name]);
  return value;
}
