import { useCallback, useSyncExternalStore } from "react";

export function useMedia(query: string): boolean {
  const watch = useCallback(
    (changed: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    [query],
  );
  return useSyncExternalStore(watch, () => window.matchMedia(query).matches);
}

/** Where the circuits stand beside the items; style.css uses the same width. */
export const WIDE = "(min-width: 1180px)";
/** Where a table with more than the essential columns would have to scroll. */
export const NARROW = "(max-width: 719px)";
