import { useEffect } from "react";

export const PRODUCT = "Circuit Breaker";

export function usePageTitle(page: string) {
  useEffect(() => {
    document.title = `${page} · ${PRODUCT}`;
  }, [page]);
}
