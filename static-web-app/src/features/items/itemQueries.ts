import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import type { Api, Item, ItemDraft } from "@/api/client";
import { answer } from "@/api/problem";

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
