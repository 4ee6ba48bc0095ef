import { useCallback, useMemo, useSyncExternalStore } from "react";

export const NARROW_QUERY = "(max-width: 760px)";

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const media = useMemo(() => window.matchMedia(query), [query]);
  const subscribe = useCallback(
    (listener: () => void) => {
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [media],
  );
  return useSyncExternalStore(subscribe, () => media.matches);
}

/** A phone, or a window as narrow as one. */
export function useIsNarrow(): boolean {
  return useMedia(NARROW_QUERY);
}
