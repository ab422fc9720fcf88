import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

export interface Notice {
  id: string;
  header: string;
  content?: ReactNode;
}

interface Notices {
  notices: readonly Notice[];
  announce: (notice: Omit<Notice, "id">) => void;
  dismiss: (id: string) => void;
}

const NoticesContext = createContext<Notices | null>(null);
/** Older news is dropped, so that notices never push the page away. */
const KEPT = 2;

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const announce = useCallback((notice: Omit<Notice, "id">) => {
    setNotices((earlier) => [{ ...notice, id: crypto.randomUUID() }, ...earlier].slice(0, KEPT));
  }, []);
  const dismiss = useCallback((id: string) => {
    setNotices((earlier) => earlier.filter((notice) => notice.id !== id));
  }, []);
  const value = useMemo(() => ({ notices, announce, dismiss }), [notices, announce, dismiss]);
  return <NoticesContext.Provider value={value}>{children}</NoticesContext.Provider>;
}

export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (notices === null) throw new Error("useNotices needs a NoticesProvider above it");
  return notices;
}
