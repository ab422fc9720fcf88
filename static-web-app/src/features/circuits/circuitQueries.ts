import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import type { Circuit } from "@/api/client";
import { answer } from "@/api/problem";

/** Fast enough to watch a circuit trip. React Query rests while the page is hidden. */
const POLL_MS = 1_500;
/** Each transition raises the epoch by one, so this many epochs back are this many events. */
const EVENTS_SHOWN = 8;

export function useCircuits() {
  const api = useApi();
  return useQuery({
    queryKey: ["circuits"],
    queryFn: ({ signal }) => answer(api.GET("/circuits", { signal })),
    refetchInterval: POLL_MS,
  });
}

/** The last transitions, oldest first; asked for anew only when the epoch has risen. */
export function useTransitions({ name, epoch }: Circuit) {
  const api = useApi();
  return useQuery({
    queryKey: ["circuit-events", name, epoch],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/circuits/{name}/events", {
          params: { path: { name }, query: { since: Math.max(0, epoch - EVENTS_SHOWN) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
}
