import { useEffect } from "react";
import type { Notice } from "@/shared/notices";

const SHOWN_FOR_MS = 8_000;

export interface NoticeProps {
  notice: Notice;
  dismiss: (id: string) => void;
}

/** A notice is read once, and is not to be cleared away by hand. */
export function useGoesByItself({ notice: { id }, dismiss }: NoticeProps) {
  useEffect(() => {
    const over = setTimeout(() => dismiss(id), SHOWN_FOR_MS);
    return () => clearTimeout(over);
  }, [id, dismiss]);
}
