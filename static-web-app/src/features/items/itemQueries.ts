import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import type { Api, Item, ItemDraft } from "@/api/client";
import { ApiProblem, answer } from "@/api/problem";

export const PAGE_SIZE = 20;
/** Ask again by ourselves only while the answer is a makeshift or an error. */
const RECOVERY_POLL_MS = 5_000;
const ITEMS = ["items"] as const;

export function useItemsPage(cursor: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: [...ITEMS, cursor],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/items", {
          params: { query: { limit: PAGE_SIZE, ...(cursor !== null && { cursor }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.status === "error" || state.data?.served.degraded ? RECOVERY_POLL_MS : false,
  });
}

/** Longer than any write takes; after that the user is told and decides. */
const LEARN_TRIES = 5;

/**
 * A write that was sent twice, and whose first sending has not ended, is sent again with the
 * same key when the API says so: its answer is the first one's outcome, so nothing is done
 * twice and the user need not hear of it.
 */
export const learnOutcome = {
  retry: (tries: number, error: Error) => isStillUnderWay(error) && tries < LEARN_TRIES,
  retryDelay: (_: number, error: Error) =>
    error instanceof ApiProblem && error.retryAt !== null ? Math.max(0, error.retryAt - Date.now()) : 1_000,
};

function isStillUnderWay(error: Error): boolean {
  return error instanceof ApiProblem && error.type === "urn:breaker:problem:still-under-way";
}

export interface Save {
  draft: ItemDraft;
  /** The item that the draft replaces; none when it is a new one. */
  base: Item | null;
  intentKey: string;
}

export function useSaveItem() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    ...learnOutcome,
    mutationFn: (save: Save) => (save.base === null ? create(api, save) : replace(api, save, save.base)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ITEMS }),
  });
}

function create(api: Api, { draft, intentKey }: Save) {
  return answer(api.POST("/items", { body: draft, headers: { "Idempotency-Key": intentKey } }));
}

function replace(api: Api, { draft, intentKey }: Save, base: Item) {
  return answer(
    api.PUT("/items/{id}", {
      params: { path: { id: base.id } },
      body: draft,
      headers: { "Idempotency-Key": intentKey, "If-Match": `"${base.version}"` },
    }),
  );
}

/** Reads one item anew, for an edit that was overtaken by somebody else's. */
export function useReloadItem() {
  const api = useApi();
  return useMutation({
    mutationFn: (id: string) => answer(api.GET("/items/{id}", { params: { path: { id } } })),
  });
}

export function useDeleteItem() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    ...learnOutcome,
    mutationFn: ({ item, intentKey }: { item: Item; intentKey: string }) =>
      answer(
        api.DELETE("/items/{id}", {
          params: { path: { id: item.id } },
          headers: { "Idempotency-Key": intentKey },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ITEMS }),
  });
}
