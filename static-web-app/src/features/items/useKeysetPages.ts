import { useState } from "react";

export interface KeysetPages {
  /** The page shown, counted from 0. */
  index: number;
  cursor: string | null;
  /** How many pages there are cursors of. */
  reached: number;
  goTo: (page: number, nextCursor: string | null) => void;
}

/**
 * Page numbers over keyset pagination: each page is reached by the cursor that
 * the page before it gave, so the pages seen so far can be gone back to.
 */
export function useKeysetPages(): KeysetPages {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  const [index, setIndex] = useState(0);
  return {
    index,
    cursor: cursors[index] ?? null,
    reached: cursors.length,
    goTo(page: number, nextCursor: string | null) {
      if (page === index + 1 && nextCursor !== null) setCursors([...cursors.slice(0, page), nextCursor]);
      else if (page >= cursors.length) return;
      setIndex(page);
    },
  };
}
