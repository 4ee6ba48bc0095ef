import { useMemo, useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
  return () => observer.disconnect();
}

/** Colours of tokens.css as text, for what draws on a canvas; new when the theme changes. */
export function useThemeColors<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const theme = useSyncExternalStore(
    subscribe,
    () => document.documentElement.dataset.theme ?? "dark",
  );
  const key = names.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies(theme): the colours are of it.
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(
      key.split(" ").map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
    ) as Record<Name, string>;
  }, [key, theme]);
}
